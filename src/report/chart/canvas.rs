//! Takes what a chart draws, gives SVG for a page or a file, never a series.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::report::escape::visible;

/// Width of every chart.
pub(super) const WIDTH: u32 = 960;
/// Height of a legend's line.
const LEGEND_LINE: i32 = 22;
const FONT: &str = "system-ui, sans-serif";
/// Font size as plotters wants it: it divides by 1.24.
const SIZE: f64 = 13.0 * 1.24;

pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub(super) type Drawn = Result<(), Box<dyn std::error::Error>>;

/// A colour with the variable of the style sheet that stands for it in a page, and the pattern that areas of it bear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ink {
    rgb: RGBColor,
    variable: &'static str,
    /// Angle of the hatching and width of its lines.
    hatch: Option<(u16, u8)>,
}

impl Ink {
    const fn new(rgb: u32, variable: &'static str, hatch: Option<(u16, u8)>) -> Self {
        let [_, r, g, b] = rgb.to_be_bytes();
        Self { rgb: RGBColor(r, g, b), variable, hatch }
    }

    pub(super) const fn color(self) -> RGBColor {
        self.rgb
    }

    /// The value of an SVG attribute, as plotters writes it.
    fn attribute(self) -> String {
        let RGBColor(r, g, b) = self.rgb;
        format!("\"#{r:02X}{g:02X}{b:02X}\"")
    }
}

pub(super) const TEXT: Ink = Ink::new(0x27_31_3B, "--chart-text", None);
pub(super) const GRID: Ink = Ink::new(0xDD_E2_E7, "--chart-grid", None);
/// Colours for series that touch each other: told apart by hue for most eyes, by lightness and hatching for all and in print.
pub(super) const SERIES: [Ink; 6] = [
    Ink::new(0x14_5A_8D, "--chart-1", None),
    Ink::new(0x9C_CD_EE, "--chart-2", None),
    Ink::new(0xD9_82_00, "--chart-3", None),
    Ink::new(0x9E_2A_0B, "--chart-4", Some((45, 2))),
    Ink::new(0xC0_6A_A8, "--chart-5", Some((135, 3))),
    Ink::new(0x84_8B_94, "--chart-6", Some((90, 3))),
];

/// Draws a chart of the given height.
pub(super) fn draw(height: u32, paint: impl FnOnce(&Area<'_>) -> Drawn) -> Option<String> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
        paint(&area).ok()?;
        area.present().ok()?;
    }
    Some(svg)
}

/// Text in the chart's font.
pub(super) fn font(h: HPos, v: VPos) -> TextStyle<'static> {
    let color = TEXT.color().to_backend_color();
    TextStyle { color, ..TextStyle::from((FONT, SIZE).into_font()).pos(Pos::new(h, v)) }
}

/// How the legend shows a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Swatch {
    /// A filled area.
    Area(Ink),
    /// A line, with lengths of dash and gap; 0 for none.
    Line(Ink, (i32, i32)),
}

/// A legend above the data, never over it.
pub(super) struct Legend(Vec<(Swatch, String, (i32, i32))>);

impl Legend {
    /// Lays the entries out in as many lines as they need.
    pub(super) fn new(entries: impl IntoIterator<Item = (Swatch, String)>) -> Self {
        let (mut x, mut y) = (0, 0);
        let mut placed = Vec::new();
        for (swatch, label) in entries {
            let label = clip(&label, 48);
            // Text is not measured: what a wide sans-serif would need.
            let wide = 30 + 8 * i32::try_from(label.chars().count()).unwrap_or(0);
            if x > 0 && x + wide > WIDTH.cast_signed() {
                (x, y) = (0, y + LEGEND_LINE);
            }
            placed.push((swatch, label, (x, y)));
            x += wide + 10;
        }
        Self(placed)
    }

    /// How much room it takes.
    pub(super) fn height(&self) -> i32 {
        self.0.last().map_or(0, |(_, _, (_, y))| y + LEGEND_LINE + 6)
    }

    /// Draws it at the top of `area`.
    pub(super) fn draw(&self, area: &Area<'_>) -> Drawn {
        let label = font(HPos::Left, VPos::Center);
        for (swatch, text, (x, y)) in &self.0 {
            let middle = y + LEGEND_LINE / 2;
            match *swatch {
                Swatch::Area(ink) => area.draw(&Rectangle::new([(*x, middle - 6), (x + 14, middle + 6)], ink.color().filled()))?,
                Swatch::Line(ink, dash) => dashed(area, (*x, x + 20), middle, ink, dash)?,
            }
            area.draw(&Text::new(text.clone(), (x + 24, middle), label.clone()))?;
        }
        Ok(())
    }
}

/// A horizontal line between two columns.
pub(super) fn dashed(area: &Area<'_>, (from, to): (i32, i32), y: i32, ink: Ink, (dash, gap): (i32, i32)) -> Drawn {
    let step = if dash + gap > 0 { dash + gap } else { (to - from).max(1) };
    let mut x = from;
    while x < to {
        let end = if dash > 0 { (x + dash).min(to) } else { to };
        area.draw(&PathElement::new([(x, y), (end, y)], ink.color().stroke_width(2)))?;
        x += step;
    }
    Ok(())
}

/// At most `length` characters of a text, made visible.
pub(super) fn clip(text: &str, length: usize) -> String {
    let text = visible(text);
    if text.chars().count() <= length { text.into_owned() } else { text.chars().take(length - 1).chain(['…']).collect() }
}

/// The SVG as part of a page: no size of its own, colours from the style sheet, a title for those who cannot see it.
pub(super) fn inline(svg: &str, name: &str, title: &str, description: &str) -> String {
    let (height, body) = parts(svg);
    let mut body = hatched(body, name);
    for ink in SERIES.iter().chain([&TEXT, &GRID]) {
        body = body.replace(&ink.attribute(), &format!("\"var({})\"", ink.variable));
    }
    format!(
        "<svg role=\"img\" aria-labelledby=\"{name}-title {name}-description\" viewBox=\"0 0 {WIDTH} {height}\">\n\
         <title id=\"{name}-title\">{}</title>\n<desc id=\"{name}-description\">{}</desc>\n{body}",
        xml(title),
        xml(description)
    )
}

/// The SVG as a file: its title above it, white below it.
pub(super) fn file(svg: &str, name: &str, title: &str, description: &str) -> String {
    const MARGIN: u32 = 20;
    const HEAD: u32 = 34;
    let (height, body) = parts(svg);
    let (width, height) = (WIDTH + 2 * MARGIN, height + HEAD + 2 * MARGIN);
    let top = HEAD + MARGIN;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"-{MARGIN} -{top} {width} {height}\">\n<title>{0}</title>\n<desc>{1}</desc>\n\
         <rect x=\"-{MARGIN}\" y=\"-{top}\" width=\"{width}\" height=\"{height}\" fill=\"#FFFFFF\"/>\n\
         <text x=\"0\" y=\"-{MARGIN}\" font-family=\"{FONT}\" font-size=\"17\" font-weight=\"bold\" fill=\"#27313B\">{0}</text>\n{2}",
        xml(title),
        xml(description),
        hatched(body, name)
    )
}

/// The content with areas hatched that have a hatching; plotters itself knows no patterns.
fn hatched(body: &str, name: &str) -> String {
    let mut out = body.to_owned();
    let mut patterns = String::new();
    for (i, ink) in SERIES.iter().enumerate() {
        let (Some((angle, line)), color) = (ink.hatch, ink.attribute()) else { continue };
        let fill = format!("fill={color}");
        if out.contains(&fill) {
            out = out.replace(&fill, &format!("fill=\"url(#{name}-hatch-{i})\""));
            patterns += &format!(
                "<pattern id=\"{name}-hatch-{i}\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate({angle})\">\
                 <rect width=\"7\" height=\"7\" fill={color}/><rect width=\"{line}\" height=\"7\" fill=\"#FFFFFF\" opacity=\"0.45\"/></pattern>\n"
            );
        }
    }
    if patterns.is_empty() { out } else { format!("<defs>\n{patterns}</defs>{out}") }
}

/// Height and content of what plotters wrote: `<svg width="960" height="H" …>` and the rest.
fn parts(svg: &str) -> (u32, &str) {
    let (head, body) = svg.split_once('>').unwrap_or_default();
    let height = head.split("height=\"").nth(1).and_then(|h| h.split('"').next()).and_then(|h| h.parse().ok());
    (height.unwrap_or(0), body)
}

fn xml(text: &str) -> String {
    visible(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
