actor Gauge {}

same(x, y) if x = y;
differs(x: String, y: String) if x != y;
size("small", n: Integer) if n < 10;
size("large", n: Integer) if n >= 10;
vowel(c: String) if c in ["a", "e", "i", "o", "u"];
on_off(g: Gauge, true) if reading(g, n) and n > 0;
on_off(g: Gauge, Boolean{false}) if reading(g, n) and n <= 0;

test "values" {
  setup { reading(Gauge{"g"}, -3); reading(Gauge{"h"}, Integer{3}); }
  assert same("a", String{"a"});
  assert_not same("a", "A");
  assert_not same("3", 3);
  assert_not same(Gauge{"g"}, "g");
  assert differs("a", "b");
  assert size("small", -5);
  assert size("large", 10);
  assert_not size("large", 9);
  assert vowel(c: String) iff c in ["i", "a", "o", "u", "e"];
  assert on_off(Gauge{"g"}, b: Boolean) iff b in [false];
  assert on_off(Gauge{"h"}, true);
}
