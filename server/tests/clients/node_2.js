// Every method of the official Node client, version 2, with exact results.

const assert = require("node:assert").strict;
const fs = require("node:fs");
const path = require("node:path");
const { Oso, ParityHandle, typedVar } = require(path.join(process.argv[2], "oso-cloud"));

const POLICY = fs.readFileSync(path.join(__dirname, "policy.polar"), "utf8");
const url = process.env.OSO_URL;
const key = process.env.OSO_AUTH;
const value = (type, id) => ({ type, id });
const bob = value("User", "bob");
const eve = value("User", "eve");
const acme = value("Org", "acme");
const anvil = value("Repo", "anvil");
const same = assert.deepEqual;
const refuses = (why, promise) =>
  assert.rejects(promise, (found) => String(found.message).includes(why) || assert.fail(found.message));

async function main() {
  const oso = new Oso(url, key);
  await refuses("no policy", oso.getPolicyMetadata());
  await oso.policy(POLICY);
  await oso.policy(POLICY);
  await refuses("policy:1:", oso.policy("resource {"));
  await refuses("expected allow", oso.policy(POLICY + 'test "t" { assert allow(User{"x"}, "read", Org{"o"}); }'));
  const metadata = await oso.getPolicyMetadata();
  same(metadata.resources.Repo.permissions, ["push", "read", "star"]);
  same(Object.keys(metadata.resources).sort(), ["Org", "Repo", "User", "global"]);

  const member = ["has_role", bob, "member", acme];
  const stored = ["has_role", bob, value("String", "member"), acme];
  await oso.insert(member);
  await oso.insert(member);
  await oso.insert(["has_relation", anvil, "parent", acme]);
  await oso.insert(["score", bob, 7, true]);
  await oso.insert(["score", bob, 9223372036854775807n, false]);
  const odd = "O'Neil \\ \"x\"\n%s :y&z=w +\u2603 \u{1f600} \u202e\u05d0 \0";
  await oso.insert(["has_role", value("User", odd), "guest", acme]);
  await refuses("not used in policy", oso.insert(["is_active", bob]));
  await refuses("reserved", oso.insert(["has_role", value("User", "*"), "member", acme]));
  await refuses("expected a string", oso.insert(["has_role", value("User", 7), "member", acme]));
  await refuses("expected a string", oso.insert(["has_role", null, "member", acme]));
  same(await oso.get(member), [stored]);
  same((await oso.get(["has_role", null, null, acme])).length, 2);
  same(await oso.get(["has_role", { type: "User" }, "guest"]), [["has_role", value("User", odd), value("String", "guest"), acme]]);
  same((await oso.get(["has_role", value("User", odd)]))[0][1].id, odd);
  same((await oso.get(["score", bob]))[0][2], value("Integer", "7"));
  const most = value("Integer", "9223372036854775807");
  same(await oso.get(["score", bob, most]), [["score", bob, most, value("Boolean", "false")]]);
  same(await oso.get(["no_such"]), []);
  await oso.batch((tx) => {
    tx.insert(["has_role", eve, "member", acme]);
    tx.insert(["has_role", eve, "admin", acme]);
    tx.delete(["has_role", eve, null, { type: "Org" }]);
    tx.insert(["is_public", value("Repo", "open")]);
  });
  same(await oso.get(["has_role", eve]), []);
  await oso.batch(() => {});
  await refuses("not used in policy", oso.batch((tx) => {
    tx.insert(["has_role", eve, "admin", acme]);
    tx.insert(["is_active", eve]);
  }));
  same(await oso.get(["has_role", eve]), []);
  await oso.delete(["is_public", value("Repo", "never")]);
  await oso.delete(["score", null, null, null]);
  same(await oso.get(["score"]), []);

  same(await oso.authorize(bob, "read", acme), true);
  same(await oso.authorize(bob, "delete", acme), false);
  same(await oso.authorize(bob, "read", value("Planet", "x")), false);
  const admin = ["has_role", bob, "admin", acme];
  same(await oso.authorize(bob, "push", anvil, [admin]), true);
  same(await oso.authorize(bob, "push", anvil), false);
  const parityHandle = new ParityHandle();
  same(await oso.authorize(bob, "read", acme, { parityHandle }), true);
  await parityHandle.expect(true);
  same(await oso.list(bob, "read", "Repo"), ["anvil", "open"]);
  same(await oso.list(bob, "push", "Repo", [admin]), ["anvil"]);
  same(await oso.list(eve, "star", "Repo"), ["*"]);
  const first = await oso.listPaginated(bob, "read", "Repo", 1);
  same(first.results, ["anvil"]);
  const second = await oso.listPaginated(bob, "read", "Repo", 1, first.nextPageToken);
  same([second.results, second.nextPageToken], [["open"], null]);
  await refuses("page_token", oso.listPaginated(bob, "push", "Repo", 1, first.nextPageToken));
  same(await oso.actions(bob, anvil), ["read", "star"]);
  same(await oso.actions(bob, anvil, [admin]), ["push", "read", "star"]);

  const [action, repo, user] = [typedVar("String"), typedVar("Repo"), typedVar("User")];
  const query = (...args) => oso.buildQuery(["allow", ...args]);
  same(await query(bob, "read", anvil).evaluate(), true);
  same(await query(bob, "push", anvil).evaluate(), false);
  same(await query(bob, action, anvil).evaluate(action), ["read", "star"]);
  same(await query(bob, action, repo).evaluate([action, repo]), [["read", "anvil"], ["read", "open"], ["star", "*"]]);
  same(await query(bob, action, repo).evaluate(new Map([[repo, action]])),
    new Map([["anvil", ["read"]], ["open", ["read"]], ["*", ["star"]]]));
  same(await query(bob, "read", repo).in(repo, ["anvil", "x"]).evaluate(repo), ["anvil"]);
  same(await query(bob, "read", repo).in(repo, []).evaluate(repo), []);
  same(await query(bob, action, repo).and(["has_relation", repo, "parent", acme]).evaluate([repo, action]),
    [["anvil", "read"], ["anvil", "star"]]);
  same(await query(user, "read", acme).withContextFacts([["has_role", value("User", "zed"), "admin", acme]]).evaluate(user), ["bob", "zed"]);

  const dataBindings = path.join(process.argv[2], "bindings.yaml");
  fs.writeFileSync(dataBindings, "facts: {}\n");
  const local = new Oso(url, key, { dataBindings });
  await refuses("not supported", local.authorizeLocal(bob, "read", anvil));
  await refuses("not supported", local.listLocal(bob, "read", "Repo", "repo.id"));
  await refuses("not supported", local.actionsLocal(bob, anvil));
  await refuses("not valid", new Oso(url, "e_0123456789_12345_wrong").authorize(bob, "read", acme));
  same(await new Oso(url + "/", key + "\n").authorize(bob, "read", acme), true);
  await oso.api.clearData();
  same(await oso.get(["has_role"]), []);
}

main().then(() => process.exit(0), (why) => {
  console.error(why);
  process.exit(1);
});
