//! Numbers: the one in the middle, and how they are shown.

/// The value in the middle, or half way between the two there; not a number if there is none.
#[must_use]
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let half = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        even if even % 2 == 0 => f64::midpoint(sorted[half - 1], sorted[half]),
        _ => sorted[half],
    }
}

/// A number with three digits that count.
#[must_use]
pub fn short(value: f64) -> String {
    let (scaled, suffix) = match value.abs() {
        v if v >= 999_500_000.0 => (value / 1e9, "G"),
        v if v >= 999_500.0 => (value / 1e6, "M"),
        v if v >= 9_995.0 => (value / 1e3, "k"),
        _ => (value, ""),
    };
    match scaled.abs() {
        _ if scaled.fract() == 0.0 && suffix.is_empty() => format!("{scaled:.0}"),
        v if v >= 99.95 => format!("{scaled:.0}{suffix}"),
        v if v >= 9.995 => format!("{scaled:.1}{suffix}"),
        _ => format!("{scaled:.2}{suffix}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_count() {
        let shown = [0.123, 1.0, 12.34, 123.4, 1234.0, 12_345.0, 999_900.0, 2.5e9];
        let shown = shown.map(short);
        assert_eq!(
            shown,
            [
                "0.12", "1", "12.3", "123", "1234", "12.3k", "1.00M", "2.50G"
            ]
        );
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.5]), 2.5);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median(&[]).is_nan());
    }
}
