//! A chart as a few lines of text: for a terminal, and for those who read pages as text.

use super::{Chart, Layer, LayerKind};

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// A value of nothing, which the lowest bar would hide.
const NOTHING: char = '·';
/// Longest row of bars, in columns.
const WIDEST: usize = 60;

impl Chart {
    /// Returns the chart as lines: its title, a row of bars for each series with its last value, or of marks with how many
    /// they are and the largest, and the rules.
    #[must_use]
    pub(crate) fn lines(&self, width: usize) -> Vec<String> {
        lines(self, width)
    }
}

fn lines(chart: &Chart, width: usize) -> Vec<String> {
    let label = chart.layers.iter().map(|layer| layer.label.chars().count()).max().unwrap_or(0);
    let room = width.saturating_sub(label + 14).clamp(8, WIDEST);
    let names: Vec<&str> = chart.x.ticks.iter().map(|(_, name)| name.as_str()).collect();
    let names = if chart.has_names() { format!(": {}", names.join(", ")) } else { String::new() };
    let mut lines = vec![format!("{} ({}){names}", chart.title, chart.y.label)];
    for layer in chart.layers.iter().filter(|layer| !layer.points.is_empty()) {
        match layer.kind {
            LayerKind::Rule => lines.push(format!("  {}", layer.label)),
            _ => lines.push(row(chart, layer, label, room)),
        }
    }
    lines
}

fn row(chart: &Chart, layer: &Layer, label: usize, room: usize) -> String {
    let (low, high) = chart.x.range;
    let steps = if layer.kind == LayerKind::Points { room } else { room.min(layer.points.len()) };
    let mut values: Vec<Option<f64>> = vec![None; steps.max(1)];
    for point in &layer.points {
        let share = if high > low { (point.x - low) / (high - low) } else { 0.0 };
        let last = layer.points.last().map_or(high, |last| last.x);
        let share = if layer.kind == LayerKind::Points || last <= low {
            share
        } else {
            share * (high - low) / (last - low)
        };
        let at = slot(share, values.len());
        values[at] = Some(values[at].map_or(point.y, |value: f64| value.max(point.y)));
    }
    let bars: String =
        values.into_iter().map(|value| value.map_or(' ', |value| bar(value, chart.y.range.1))).collect();
    let value = match layer.kind {
        _ if chart.has_names() => String::new(),
        LayerKind::Points => {
            let most = layer.points.iter().map(|point| point.y).fold(0.0, f64::max);
            format!("  {}, at most {}", layer.points.len(), number(most))
        }
        _ => format!("  {}", number(layer.points.last().map_or(0.0, |point| point.y))),
    };
    format!("  {:label$}  {bars}{value}", layer.label)
}

fn number(value: f64) -> String {
    if value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.1}") }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share lies between 0 and 1")]
fn slot(share: f64, count: usize) -> usize {
    ((share.clamp(0.0, 1.0) * super::position(count)) as usize).min(count - 1)
}

fn bar(value: f64, most: f64) -> char {
    if value <= 0.0 {
        return NOTHING;
    }
    BARS[slot(if most > 0.0 { value / most } else { 0.0 }, BARS.len())]
}
