//! Plots as inline SVG: lines between points, both axes logarithmic.

use std::fmt::Write as _;

use crate::measure::short;

/// A line with a name.
pub(super) struct Line {
    pub(super) name: String,
    pub(super) points: Vec<[f64; 2]>,
}

/// What an axis says.
pub(super) struct Axis<'a> {
    pub(super) label: &'a str,
    /// Where its marks are, and what they say; where it is empty, 1, 2 and 5 of each decade.
    pub(super) marks: &'a [(f64, &'a str)],
}

const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 300.0;
/// Left, right, top, bottom.
const MARGINS: [f64; 4] = [64.0, 12.0, 12.0, 40.0];
const COLOURS: [&str; 8] = [
    "#2563eb", "#dc2626", "#059669", "#d97706", "#7c3aed", "#0891b2", "#be185d", "#4d7c0f",
];

/// Text that is safe between tags.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// One axis: from data to a place.
struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Scale {
    fn new(values: impl Iterator<Item = f64>, from: f64, to: f64) -> Scale {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.filter(|value| *value > 0.0) {
            low = low.min(value.log10());
            high = high.max(value.log10());
        }
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        // Never less than half a decade, else noise looks like a mountain.
        let room = ((0.5 - (high - low)) / 2.0).max(0.03);
        Scale {
            low: low - room,
            high: high + room,
            from,
            to,
        }
    }

    fn at(&self, value: f64) -> f64 {
        let share = (value.max(1e-12).log10() - self.low) / (self.high - self.low);
        self.from + share.clamp(0.0, 1.0) * (self.to - self.from)
    }

    /// Where to put marks, and what they say.
    fn marks(&self, axis: &Axis<'_>) -> Vec<(f64, String)> {
        let given = axis.marks.iter();
        let mut marks: Vec<(f64, String)> =
            given.map(|&(at, says)| (at, says.to_owned())).collect();
        if marks.is_empty() {
            // Decades alone if there are many.
            let steps: &[f64] = match self.high - self.low {
                span if span > 3.0 => &[1.0],
                span if span > 1.5 => &[1.0, 3.0],
                _ => &[1.0, 2.0, 5.0],
            };
            let decades = self.low.floor() as i32..=self.high.ceil() as i32;
            let all = decades.flat_map(|decade| steps.iter().map(move |s| s * 10_f64.powi(decade)));
            marks = all.map(|at| (at, short(at))).collect();
        }
        marks.retain(|(at, _)| (self.low..=self.high).contains(&at.log10()));
        marks
    }
}

/// The plot, with its legend below.
pub(super) fn plot(across: &Axis<'_>, up: &Axis<'_>, lines: &[Line]) -> String {
    let [left, right, top, bottom] = MARGINS;
    let points = || lines.iter().flat_map(|line| &line.points);
    let x = Scale::new(points().map(|p| p[0]), left, WIDTH - right);
    let y = Scale::new(points().map(|p| p[1]), HEIGHT - bottom, top);
    let mut svg = format!("<figure><svg viewBox='0 0 {WIDTH} {HEIGHT}' role='img'>");
    for (value, says) in x.marks(across) {
        let at = x.at(value);
        _ = write!(
            svg,
            "<path class='grid' d='M{at:.1} {top}V{:.1}'/><text x='{at:.1}' y='{:.1}' \
             text-anchor='middle'>{says}</text>",
            HEIGHT - bottom,
            HEIGHT - bottom + 15.0,
        );
    }
    for (value, says) in y.marks(up) {
        let at = y.at(value);
        _ = write!(
            svg,
            "<path class='grid' d='M{left} {at:.1}H{:.1}'/><text x='{:.1}' y='{:.1}' \
             text-anchor='end'>{says}</text>",
            WIDTH - right,
            left - 6.0,
            at + 4.0,
        );
    }
    _ = write!(
        svg,
        "<text class='axis' x='{:.1}' y='{:.1}' text-anchor='middle'>{}</text>\
         <text class='axis' transform='translate(14 {:.1}) rotate(-90)' text-anchor='middle'>{}</text>",
        f64::midpoint(left, WIDTH - right),
        HEIGHT - 6.0,
        escape(across.label),
        f64::midpoint(top, HEIGHT - bottom),
        escape(up.label)
    );
    let mut legend = String::new();
    for (line, colour) in lines.iter().zip(COLOURS.iter().cycle()) {
        let mut places = String::new();
        for point in &line.points {
            let (px, py) = (x.at(point[0]), y.at(point[1]));
            _ = write!(places, "{px:.1},{py:.1} ");
            _ = write!(
                svg,
                "<circle cx='{px:.1}' cy='{py:.1}' r='2.5' fill='{colour}'/>"
            );
        }
        _ = write!(
            svg,
            "<polyline points='{places}' stroke='{colour}' fill='none'/>"
        );
        let name = escape(&line.name);
        _ = write!(legend, "<li><i style='background:{colour}'></i>{name}</li>");
    }
    svg + "</svg><ul>" + &legend + "</ul></figure>"
}
