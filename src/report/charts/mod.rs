//! Charts: series to SVG, and to compact text for a terminal. Pure.
//!
//! A [`Chart`] is plain data: a title, a description for those who cannot see it, axes with their ticks, and layers. The
//! SVG is laid out by a template of its own. A chart library was weighed (plotters, poloto): neither writes the title and
//! description that a reader for the blind needs, nor follows a page's dark theme, nor tells series apart by mark and dash,
//! and what is left of it, a scale and a path, is arithmetic.
//!
//! The colour-blind can tell the colours apart, which have a contrast of 3 : 1 at least on both grounds; every series differs
//! by dash or mark, too, and is named where it ends. Text is the reader's own font.

mod of_sprint;
mod svg;
mod text;

use schemars::JsonSchema;
use serde::Serialize;

pub(crate) use of_sprint::{SprintCharts, all, burn_up};

/// A chart, ready to be drawn.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Chart {
    /// What its file is called, without the ending.
    pub name: &'static str,
    /// What it is.
    pub title: String,
    /// What it shows, in words and numbers, for those who cannot see it.
    pub description: String,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// What is drawn, the first at the back.
    pub layers: Vec<Layer>,
}

/// An axis.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Axis {
    /// What it counts, with its unit.
    pub label: String,
    /// Where it begins and ends.
    pub range: (f64, f64),
    /// Values that are marked, with their texts.
    pub ticks: Vec<(f64, String)>,
}

/// A part of a chart.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Layer {
    /// What it is called.
    pub label: String,
    /// How it is drawn.
    pub kind: LayerKind,
    /// Which colour, dash and mark it has, from 0.
    pub style: usize,
    /// Where. A point's label is shown where the pointer rests on it.
    pub points: Vec<Point>,
}

/// How a layer is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LayerKind {
    /// A line from point to point.
    Line,
    /// A line that stays on a value until the next point.
    Steps,
    /// What is below a line, filled.
    Area,
    /// Marks.
    Points,
    /// A horizontal line across the chart at the value of its only point, named at its end.
    Rule,
    /// Short horizontal lines, each as wide as a category.
    Levels,
}

/// A point.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Point {
    /// Horizontal value.
    pub x: f64,
    /// Vertical value.
    pub y: f64,
    /// What it is.
    pub label: Option<String>,
}

impl Point {
    fn at(x: f64, y: f64) -> Self {
        Self { x, y, label: None }
    }
}

impl Chart {
    /// Whether its horizontal axis has names and no days.
    fn has_names(&self) -> bool {
        self.x.range.0 < 0.0
    }
}

impl Axis {
    /// An axis of counts or lengths from 0: about five ticks at round values.
    fn from_zero(label: &str, most: f64) -> Self {
        let most = if most > 0.0 { most } else { 1.0 };
        let magnitude = 10f64.powf((most / 5.0).log10().floor());
        let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * magnitude);
        let mut step = steps.into_iter().find(|step| most / step <= 5.0).unwrap_or(magnitude * 10.0);
        let is_count = label.starts_with("tasks");
        if is_count {
            step = step.max(1.0);
        }
        let count = (most / step).ceil();
        // As many digits as tell the ticks apart.
        let digits = (0..6).find(|digits| step * 10f64.powi(*digits) >= 0.999).unwrap_or(6);
        let digits = usize::try_from(digits).unwrap_or(0);
        let ticks =
            (0..=8).map(|at| f64::from(at) * step).take_while(|tick| *tick <= count * step + step / 2.0);
        let ticks = ticks.map(|tick| (tick, format!("{tick:.digits$}"))).collect();
        Self { label: label.to_owned(), range: (0.0, count * step), ticks }
    }

    /// An axis of days, seven of them named at most.
    fn of_days(days: &[chrono::NaiveDate]) -> Self {
        let every = days.len().div_ceil(7).max(1);
        let name = |at: usize| (position(at), days[at].format("%b %-d").to_string());
        let ticks = (0..days.len()).step_by(every).map(name).collect();
        let year = days.first().map_or_else(String::new, |day| day.format(" of %Y").to_string());
        let range = (0.0, position(days.len().saturating_sub(1).max(1)));
        Self { label: format!("days{year}"), range, ticks }
    }

    /// An axis of names, one at each whole number.
    fn of_names(label: &str, names: impl IntoIterator<Item = String>) -> Self {
        let ticks: Vec<(f64, String)> =
            names.into_iter().enumerate().map(|(at, name)| (position(at), name)).collect();
        let last = position(ticks.len().saturating_sub(1));
        Self { label: label.to_owned(), range: (-0.5, last + 0.5), ticks }
    }
}

#[expect(clippy::cast_precision_loss, reason = "charts have fewer points than a float has digits")]
fn position(at: usize) -> f64 {
    at as f64
}

#[expect(clippy::cast_precision_loss, reason = "counts of tasks have fewer digits than a float")]
fn count(count: u64) -> f64 {
    count as f64
}

/// Seconds as days.
#[expect(clippy::cast_precision_loss, reason = "no task takes longer than a float has digits")]
fn in_days(seconds: i64) -> f64 {
    seconds as f64 / 86_400.0
}

#[cfg(test)]
mod tests {
    use super::{Axis, Chart, Layer, LayerKind, Point};

    fn ticks(most: f64) -> Vec<String> {
        Axis::from_zero("days", most).ticks.into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn ticks_differ_however_small_the_values_are() {
        assert_eq!(ticks(0.0011), ["0.0000", "0.0005", "0.0010", "0.0015"]);
        assert_eq!(ticks(0.8), ["0.0", "0.2", "0.4", "0.6", "0.8"]);
        assert_eq!(ticks(4.0), ["0", "1", "2", "3", "4"]);
    }

    #[test]
    fn nothing_is_no_bar_and_marks_are_counted() {
        let layer = |kind, values: &[f64]| Layer {
            label: "tasks".to_owned(),
            kind,
            style: 0,
            points: values.iter().enumerate().map(|(at, y)| Point::at(super::position(at), *y)).collect(),
        };
        let chart = Chart {
            name: "x",
            title: "Title".to_owned(),
            description: String::new(),
            x: Axis { label: "days".to_owned(), range: (0.0, 3.0), ticks: Vec::new() },
            y: Axis::from_zero("tasks", 4.0),
            layers: vec![
                layer(LayerKind::Steps, &[0.0, 0.1, 4.0, 0.0]),
                layer(LayerKind::Points, &[1.0, 2.5, 0.5, 4.0]),
            ],
        };
        let lines = chart.lines(30);
        assert_eq!(lines[1], "  tasks  ·▁█·  0");
        assert!(lines[2].ends_with("  4, at most 4"), "{lines:?}");
    }
}
