//! The figures that compare, as a chart: a small panel for each thing that was measured of more than one.
//!
//! The bars of a panel have a scale of their own, as figures of different units do. Colours are those of the page, light or dark.

use std::fmt::Write;

use super::{Figure, OURS, RATIO, Report, distinct, tables};

const WIDTH: usize = 800;
const COLUMNS: usize = 2;
const GAP: usize = 24;
const PANEL: usize = (WIDTH - (COLUMNS + 1) * GAP) / COLUMNS;
/// What names and numbers take beside the longest bar.
const NAMES: usize = 110;
const NUMBERS: usize = 64;
const LINE: usize = 20;

const STYLE: &str = "\
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.part { font-size: 16px; font-weight: 600 }
.what { font-weight: 600 }
.unit, .number { fill: #59636e }
rect { fill: #afb8c1 }
.ours { fill: #0969da }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .unit, .number { fill: #9198a1 }
  rect { fill: #545d68 }
  .ours { fill: #4493f8 }
}";

/// Returns the chart.
pub(super) fn svg(report: &Report) -> String {
    let mut body = String::new();
    let mut top = GAP;
    for part in distinct(report.figures.iter().map(|figure| figure.part)) {
        let panels = panels(report, part);
        if panels.is_empty() {
            continue;
        }
        let _ = writeln!(body, r#"<text class="part" x="{GAP}" y="{}">{}</text>"#, top + 16, escaped(part));
        top += 40;
        for row in panels.chunks(COLUMNS) {
            for (column, panel) in row.iter().enumerate() {
                draw(&mut body, panel, GAP + column * (PANEL + GAP), top);
            }
            let bars = row.iter().map(Vec::len).max().unwrap_or_default();
            top += (bars + 1) * LINE + GAP;
        }
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {top}\" role=\"img\" aria-label=\"What was measured\">\n\
         <style>\n{STYLE}\n</style>\n{body}</svg>\n"
    )
}

/// The figures of each thing of which there are several. Ratios compare already, and that nobody has any of it needs no bars.
fn panels<'a>(report: &'a Report, part: &str) -> Vec<Vec<&'a Figure>> {
    let mut panels: Vec<Vec<&Figure>> = Vec::new();
    for figure in report.figures.iter().filter(|figure| figure.part == part && figure.unit != RATIO) {
        let is_its = |panel: &&mut Vec<&Figure>| {
            panel.first().is_some_and(|first| first.what == figure.what && first.unit == figure.unit)
        };
        match panels.iter_mut().find(is_its) {
            Some(panel) => panel.push(figure),
            None => panels.push(vec![figure]),
        }
    }
    panels.retain(|panel| panel.len() > 1 && panel.iter().any(|figure| figure.value > 0.0));
    panels
}

fn draw(body: &mut String, figures: &[&Figure], left: usize, top: usize) {
    let Some(Figure { what, unit, .. }) = figures.first() else { return };
    let better = if unit.ends_with("/s") { "more" } else { "less" };
    let _ = writeln!(
        body,
        r#"<text class="what" x="{left}" y="{}">{}<tspan class="unit" font-weight="400">, {}, {better} is better</tspan></text>"#,
        top + 12,
        escaped(what),
        escaped(unit)
    );
    let longest = figures.iter().map(|figure| figure.value).fold(0.0, f64::max);
    let room = (PANEL - NAMES - NUMBERS) as f64;
    for (line, Figure { who, value, .. }) in figures.iter().enumerate() {
        let top = top + (line + 1) * LINE;
        let width = if longest > 0.0 { (value / longest * room).max(1.0) } else { 1.0 };
        let class = if who == OURS { r#" class="ours""# } else { "" };
        let bar = left + NAMES;
        let _ = writeln!(
            body,
            r#"<text x="{left}" y="{}">{}</text><rect{class} x="{bar}" y="{}" width="{width:.1}" height="14" rx="2"/><text class="number" x="{:.1}" y="{}">{}</text>"#,
            top + 13,
            escaped(who),
            top + 2,
            bar as f64 + width + 6.0,
            top + 13,
            tables::number(*value)
        );
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_compares_has_bars() {
        let svg = svg(&super::super::tests::report());
        let (_, body) = svg.split_once("</style>\n").unwrap();
        let expected = r#"<text class="part" x="24" y="40">overhead</text>
<text class="what" x="24" y="76">1 connection<tspan class="unit" font-weight="400">, requests/s, more is better</tspan></text>
<text x="24" y="97">ours</text><rect class="ours" x="134" y="86" width="144.7" height="14" rx="2"/><text class="number" x="284.7" y="97">15,234</text>
<text x="24" y="117">bare &amp; alone</text><rect x="134" y="106" width="190.0" height="14" rx="2"/><text class="number" x="330.0" y="117">20,000</text>
</svg>
"#;
        assert_eq!(body, expected);
        assert!(svg.contains(r#"viewBox="0 0 800 148""#), "{svg}");
    }
}
