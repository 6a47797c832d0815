//! Horizontal bars, two for each peer.

use std::error::Error;
use std::io::BufRead;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

pub(crate) fn draw(path: &str, table: impl BufRead) -> Result<(), Box<dyn Error>> {
    let mut rows = Vec::new();
    for line in table.lines() {
        let line = line?;
        let [name, seal, open] = line.split('\t').collect::<Vec<_>>()[..] else {
            return Err("a row has three columns".into());
        };
        rows.push((name.to_owned(), [seal.parse::<f64>()?, open.parse::<f64>()?]));
    }
    let fastest = rows.iter().flat_map(|(_, speeds)| *speeds).fold(f64::MIN_POSITIVE, f64::max);

    let count = i32::try_from(rows.len())?;
    let height = TOP + count * ROW + 8;
    let area = SVGBackend::new(path, (WIDTH.try_into()?, height.try_into()?)).into_drawing_area();
    area.fill(&WHITE)?;
    let text = |size| ("sans-serif", size).into_font().color(&INK);
    let to_left = text(14).pos(Pos::new(HPos::Right, VPos::Center));
    let to_right = text(12).pos(Pos::new(HPos::Left, VPos::Center));

    let legend = [("seal, GB/s", BULLA[0], OTHER[0], BARS), ("open, GB/s", BULLA[1], OTHER[1], BARS + 150)];
    for (name, bulla, other, left) in legend {
        area.draw(&Rectangle::new([(left, 12), (left + 12, 24)], bulla.filled()))?;
        area.draw(&Rectangle::new([(left + 14, 12), (left + 26, 24)], other.filled()))?;
        area.draw(&Text::new(name, (left + 32, 18), to_right.clone()))?;
    }
    for ((name, speeds), row) in rows.iter().zip(0..) {
        let top = TOP + row * ROW;
        area.draw(&Text::new(name.as_str(), (BARS - 10, top + BAR), to_left.clone()))?;
        let colours = if name.starts_with("bulla") { BULLA } else { OTHER };
        for ((speed, colour), line) in speeds.iter().zip(colours).zip(0..) {
            let top = top + line * BAR;
            let right = BARS + pixels(speed / fastest);
            area.draw(&Rectangle::new([(BARS, top), (right, top + BAR - 1)], colour.filled()))?;
            area.draw(&Text::new(format!("{speed:.2}"), (right + 5, top + BAR / 2), to_right.clone()))?;
        }
    }
    area.present()?;
    Ok(())
}

/// Returns the length of a bar, given its share of the longest bar.
fn pixels(part: f64) -> i32 {
    (0..LONGEST).take_while(|pixel| f64::from(*pixel) < part * f64::from(LONGEST)).count().try_into().unwrap_or(LONGEST)
}

const WIDTH: i32 = 800;
const TOP: i32 = 40;
const ROW: i32 = 42;
const BAR: i32 = 16;
const BARS: i32 = 320;
const LONGEST: i32 = 430;

const INK: RGBColor = RGBColor(34, 34, 34);
const BULLA: [RGBColor; 2] = [RGBColor(178, 58, 42), RGBColor(226, 138, 120)];
const OTHER: [RGBColor; 2] = [RGBColor(74, 98, 128), RGBColor(152, 173, 199)];
