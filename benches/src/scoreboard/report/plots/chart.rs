//! A chart: lines with points, and who they are beside it.

use std::error::Error;
use std::ops::Range;
use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;

use super::super::markdown::grouped;

const SIZE: (u32, u32) = (1100, 640);
/// The width of the names.
const NAMES: u32 = 250;

/// A chart.
#[derive(Clone, Debug)]
pub struct Chart {
    pub title: String,
    pub x: Axis,
    pub y: Axis,
    pub lines: Vec<Line>,
}

/// What somebody took.
#[derive(Clone, Debug)]
pub struct Line {
    pub name: String,
    /// From left to right.
    pub points: Vec<(f64, f64)>,
}

/// An axis, and what is on it.
#[derive(Clone, Debug)]
pub struct Axis {
    name: String,
    scale: Scale,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scale {
    /// From zero.
    Linear,
    /// From zero, with whole numbers only.
    Counted,
    Logarithmic,
}

impl Axis {
    pub fn from_zero(name: &str) -> Self {
        Self { name: name.to_string(), scale: Scale::Linear }
    }

    pub fn counted(name: &str) -> Self {
        Self { name: name.to_string(), scale: Scale::Counted }
    }

    pub fn logarithmic(name: &str) -> Self {
        Self { name: format!("{name}, logarithmic"), scale: Scale::Logarithmic }
    }

    /// Where a figure is: logarithms are taken here, so that both scales are drawn alike.
    fn place(&self, figure: f64) -> f64 {
        if self.scale == Scale::Logarithmic { figure.max(f64::MIN_POSITIVE).log10() } else { figure }
    }

    /// What is written at a place.
    fn text(&self, place: f64) -> String {
        match self.scale {
            Scale::Logarithmic if place < -0.5 => format!("{}", 10_f64.powf(place)),
            Scale::Logarithmic => grouped(10_f64.powf(place).round() as u64),
            Scale::Counted => format!("{place:.0}"),
            Scale::Linear => format!("{place}"),
        }
    }

    /// From where to where it goes, for these figures.
    fn range(&self, figures: impl Iterator<Item = f64> + Clone) -> Range<f64> {
        let most = figures.clone().map(|figure| self.place(figure)).fold(f64::MIN, f64::max);
        let least = figures.map(|figure| self.place(figure)).fold(f64::MAX, f64::min);
        match self.scale {
            Scale::Logarithmic => least.floor()..most.ceil().max(least.floor() + 1.0),
            Scale::Counted => 0.0..most + 1.0,
            Scale::Linear => 0.0..most * 1.05,
        }
    }

    /// At how many places something may be written.
    fn places(&self, range: &Range<f64>) -> usize {
        match self.scale {
            Scale::Logarithmic | Scale::Counted => (range.end - range.start).round() as usize + 1,
            Scale::Linear => 11,
        }
    }
}

impl Chart {
    /// Whether there is anything to draw.
    pub fn has_points(&self) -> bool {
        self.lines.iter().any(|line| !line.points.is_empty())
    }

    /// Draws it into a file.
    pub fn draw(&self, file: &Path) -> Result<(), Box<dyn Error>> {
        let area = SVGBackend::new(file, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        let (left, right) = area.split_horizontally(SIZE.0 - NAMES);
        self.axes_and_lines(&left)?;
        self.names(&right)?;
        area.present()?;
        Ok(())
    }

    fn axes_and_lines(&self, area: &DrawingArea<SVGBackend<'_>, Shift>) -> Result<(), Box<dyn Error>> {
        let points = || self.lines.iter().flat_map(|line| line.points.iter().copied());
        let (xs, ys) = (self.x.range(points().map(|(x, _)| x)), self.y.range(points().map(|(_, y)| y)));
        let places = (self.x.places(&xs), self.y.places(&ys));
        let mut chart = ChartBuilder::on(area)
            .caption(&self.title, ("sans-serif", 20))
            .margin(14)
            .x_label_area_size(50)
            .y_label_area_size(110)
            .build_cartesian_2d(xs, ys)?;
        chart
            .configure_mesh()
            .x_desc(&self.x.name)
            .y_desc(&self.y.name)
            .x_labels(places.0)
            .y_labels(places.1)
            .x_label_formatter(&|place| self.x.text(*place))
            .y_label_formatter(&|place| self.y.text(*place))
            .light_line_style(WHITE)
            .label_style(("sans-serif", 14))
            .axis_desc_style(("sans-serif", 16))
            .draw()?;
        for (index, line) in self.lines.iter().enumerate() {
            let placed = || line.points.iter().map(|&(x, y)| (self.x.place(x), self.y.place(y)));
            let look = Look::of(index, &line.name);
            chart.draw_series(LineSeries::new(placed(), look.color.stroke_width(look.width)))?;
            match look.mark {
                Mark::Triangle => {
                    chart.draw_series(placed().map(|point| TriangleMarker::new(point, 5, look.fill())))?
                }
                _ => chart.draw_series(placed().map(|point| Circle::new(point, 4, look.fill())))?,
            };
        }
        Ok(())
    }

    fn names(&self, area: &DrawingArea<SVGBackend<'_>, Shift>) -> Result<(), Box<dyn Error>> {
        let style = ("sans-serif", 14).into_text_style(area);
        for (index, line) in self.lines.iter().enumerate() {
            let y = 44 + 19 * i32::try_from(index)?;
            let look = Look::of(index, &line.name);
            area.draw(&PathElement::new([(4, y), (32, y)], look.color.stroke_width(look.width)))?;
            match look.mark {
                Mark::Triangle => area.draw(&TriangleMarker::new((18, y), 5, look.fill()))?,
                _ => area.draw(&Circle::new((18, y), 4, look.fill()))?,
            }
            area.draw_text(&line.name, &style, (40, y - 7))?;
        }
        Ok(())
    }
}

/// How a line is told from the others: by its colour, and by its points. Ours are thick.
struct Look {
    color: RGBColor,
    mark: Mark,
    width: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Disc,
    Circle,
    Triangle,
}

impl Look {
    const COLORS: [RGBColor; 10] = [
        RGBColor(31, 119, 180),
        RGBColor(255, 127, 14),
        RGBColor(44, 160, 44),
        RGBColor(148, 103, 189),
        RGBColor(140, 86, 75),
        RGBColor(227, 119, 194),
        RGBColor(127, 127, 127),
        RGBColor(188, 189, 34),
        RGBColor(23, 190, 207),
        RGBColor(0, 0, 0),
    ];
    const OURS: [RGBColor; 3] = [RGBColor(200, 0, 0), RGBColor(240, 90, 60), RGBColor(120, 0, 0)];
    const MARKS: [Mark; 3] = [Mark::Disc, Mark::Circle, Mark::Triangle];

    fn of(index: usize, name: &str) -> Self {
        if ["rcu-core", "debug-tables"].iter().any(|ours| name.starts_with(ours)) {
            return Self { color: Self::OURS[index % Self::OURS.len()], mark: Mark::Disc, width: 3 };
        }
        let turn = index / Self::COLORS.len();
        Self {
            color: Self::COLORS[index % Self::COLORS.len()],
            mark: Self::MARKS[turn % Self::MARKS.len()],
            width: 1,
        }
    }

    fn fill(&self) -> ShapeStyle {
        ShapeStyle { color: self.color.into(), filled: self.mark != Mark::Circle, stroke_width: self.width }
    }
}
