//! A chart as SVG: positions are worked out here, to a tenth of a unit, and laid out by a template.

use std::fmt::Write as _;

use serde::Serialize;

use super::{Chart, Layer, LayerKind, Point};
use crate::report::render::render_svg;

/// The whole picture, in units of the picture.
const SIZE: (f64, f64) = (720.0, 360.0);
/// What lies between the edges and the plot: left, right, top, bottom.
const MARGIN: [f64; 4] = [58.0, 128.0, 62.0, 50.0];
/// Texts at the right edge are no nearer to each other.
const LINE: f64 = 14.0;
/// Number of colours, dashes and marks.
const STYLES: usize = 5;

#[derive(Debug, Serialize)]
struct Picture<'c> {
    name: &'c str,
    title: &'c str,
    description: &'c str,
    width: String,
    height: String,
    left: String,
    right: String,
    top: String,
    bottom: String,
    middle: String,
    x_label: &'c str,
    y_label: &'c str,
    x_ticks: Vec<Text>,
    y_ticks: Vec<Text>,
    layers: Vec<Drawn>,
    legend: Vec<Key>,
    labels: Vec<Text>,
}

#[derive(Debug, Serialize)]
struct Text {
    x: String,
    y: String,
    text: String,
    style: usize,
}

#[derive(Debug, Default, Serialize)]
struct Drawn {
    style: usize,
    area: Option<String>,
    line: Option<String>,
    marks: Vec<Mark>,
}

#[derive(Debug, Serialize)]
struct Mark {
    path: String,
    label: Option<String>,
}

#[derive(Debug, Serialize)]
struct Key {
    style: usize,
    area: bool,
    line: bool,
    mark: Option<String>,
    x: String,
    text_x: String,
    text: String,
}

impl Chart {
    /// Draws the chart. The same chart gives the same bytes.
    #[must_use]
    pub fn svg(&self) -> String {
        let plot = Plot { chart: self };
        let [left, right, top, bottom] = MARGIN;
        let (width, height) = SIZE;
        let picture = Picture {
            name: self.name,
            title: &self.title,
            description: &self.description,
            width: n(width),
            height: n(height),
            left: n(left),
            right: n(width - right),
            top: n(top),
            bottom: n(height - bottom),
            middle: n((left + width - right) / 2.0),
            x_label: &self.x.label,
            y_label: &self.y.label,
            x_ticks: self
                .x
                .ticks
                .iter()
                .map(|(at, text)| tick(plot.x(*at), height - bottom + 17.0, text))
                .collect(),
            y_ticks: self.y.ticks.iter().map(|(at, text)| tick(left - 8.0, plot.y(*at), text)).collect(),
            layers: self.layers.iter().map(|layer| plot.draw(layer)).collect(),
            legend: legend(&self.layers),
            labels: plot.labels(),
        };
        render_svg(&picture)
    }
}

fn tick(x: f64, y: f64, text: &str) -> Text {
    Text { x: n(x), y: n(y), text: text.to_owned(), style: 0 }
}

/// Writes a number with one digit after the point at most, and never as minus nothing.
fn n(value: f64) -> String {
    let tenths = (value * 10.0).round() / 10.0 + 0.0;
    if tenths.fract() == 0.0 { format!("{tenths:.0}") } else { format!("{tenths:.1}") }
}

struct Plot<'c> {
    chart: &'c Chart,
}

impl Plot<'_> {
    fn x(&self, value: f64) -> f64 {
        scale(value, self.chart.x.range, (MARGIN[0], SIZE.0 - MARGIN[1]))
    }

    fn y(&self, value: f64) -> f64 {
        scale(value, self.chart.y.range, (SIZE.1 - MARGIN[3], MARGIN[2]))
    }

    fn draw(&self, layer: &Layer) -> Drawn {
        let style = layer.style % STYLES;
        let at = |point: &Point| (self.x(point.x), self.y(point.y));
        let points: Vec<(f64, f64)> = layer.points.iter().map(at).collect();
        let mut drawn = Drawn { style, ..Drawn::default() };
        match layer.kind {
            LayerKind::Line => drawn.line = Some(path(&points, false)),
            LayerKind::Steps => drawn.line = Some(path(&points, true)),
            LayerKind::Area => {
                let line = path(&points, false);
                let below = self.next_area(layer).map_or_else(
                    || points.iter().map(|(x, _)| (*x, self.y(0.0))).collect(),
                    |next| next.points.iter().map(at).collect::<Vec<_>>(),
                );
                let back: String = below.iter().rev().map(|(x, y)| format!("L{} {}", n(*x), n(*y))).collect();
                drawn.area = Some(format!("{line}{back}Z"));
                drawn.line = Some(line);
            }
            LayerKind::Rule => {
                let y = n(points.first().map_or(0.0, |point| point.1));
                drawn.line = Some(format!("M{} {y}H{}", n(MARGIN[0]), n(SIZE.0 - MARGIN[1])));
            }
            LayerKind::Levels => {
                let half = (self.x(1.0) - self.x(0.0)) * 0.42;
                let level = |(x, y): &(f64, f64)| format!("M{} {}H{}", n(x - half), n(*y), n(x + half));
                drawn.line = Some(points.iter().map(level).collect());
            }
            LayerKind::Points => {
                let mark = |((x, y), point): (&(f64, f64), &Point)| Mark {
                    path: mark(style, *x, *y),
                    label: point.label.clone(),
                };
                drawn.marks = points.iter().zip(&layer.points).map(mark).collect();
            }
        }
        drawn
    }

    /// The area that lies on this one.
    fn next_area(&self, layer: &Layer) -> Option<&Layer> {
        let after = self.chart.layers.iter().skip_while(|other| !std::ptr::eq(*other, layer)).skip(1);
        after.into_iter().find(|other| other.kind == LayerKind::Area)
    }

    /// Names what runs to the right edge where it ends, as near as the other names allow.
    fn labels(&self) -> Vec<Text> {
        let is_named = |layer: &&Layer| !matches!(layer.kind, LayerKind::Points | LayerKind::Levels);
        let named = self.chart.layers.iter().filter(is_named);
        let mut ends: Vec<(f64, &Layer)> =
            named.filter_map(|layer| Some((self.y(layer.points.last()?.y), layer))).collect();
        ends.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut last = f64::MIN;
        for (y, _) in &mut ends {
            *y = y.max(last + LINE);
            last = *y;
        }
        let over = last - (SIZE.1 - MARGIN[3]);
        let shift = if over > 0.0 { over } else { 0.0 };
        let text = |(y, layer): &(f64, &Layer)| Text {
            x: n(SIZE.0 - MARGIN[1] + 8.0),
            y: n(y - shift),
            text: layer.label.clone(),
            style: layer.style % STYLES,
        };
        ends.iter().map(text).collect()
    }
}

fn scale(value: f64, from: (f64, f64), to: (f64, f64)) -> f64 {
    let span = if from.1 > from.0 { from.1 - from.0 } else { 1.0 };
    to.0 + (value - from.0) / span * (to.1 - to.0)
}

fn path(points: &[(f64, f64)], steps: bool) -> String {
    let mut path = String::new();
    for (at, (x, y)) in points.iter().enumerate() {
        let _ = match (at, steps) {
            (0, _) => write!(path, "M{} {}", n(*x), n(*y)),
            (_, true) => write!(path, "H{}V{}", n(*x), n(*y)),
            (_, false) => write!(path, "L{} {}", n(*x), n(*y)),
        };
    }
    // A line of one point would not be seen.
    if points.len() == 1 {
        path.push_str("h6");
    }
    path
}

/// Disc, square, triangle, diamond, cross.
fn mark(style: usize, x: f64, y: f64) -> String {
    let (x, y) = (n(x), n(y));
    let shape = match style {
        0 => "m-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0",
        1 => "m-3.5-3.5h7v7h-7z",
        2 => "m0-4.5 4.5 8h-9z",
        3 => "m0-5 5 5-5 5-5-5z",
        _ => "m-4-1h3v-3h2v3h3v2h-3v3h-2v-3h-3z",
    };
    format!("M{x} {y}{shape}")
}

fn legend(layers: &[Layer]) -> Vec<Key> {
    let mut x = MARGIN[0];
    let mut keys = Vec::new();
    for layer in layers.iter().filter(|layer| layer.kind != LayerKind::Rule && !layer.points.is_empty()) {
        let style = layer.style % STYLES;
        keys.push(Key {
            style,
            area: layer.kind == LayerKind::Area,
            line: !matches!(layer.kind, LayerKind::Points | LayerKind::Area),
            mark: (layer.kind == LayerKind::Points).then(|| mark(style, x + 10.0, 42.0)),
            x: n(x),
            text_x: n(x + 26.0),
            text: layer.label.clone(),
        });
        x += 44.0 + 7.0 * super::position(layer.label.chars().count());
    }
    keys
}
