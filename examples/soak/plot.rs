//! A plot for the terminal.

/// How many columns and rows the bars have.
const COLUMNS: usize = 72;
const ROWS: usize = 6;

const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The samples as bars from 0 up, from left to right; where there are more of them than columns, the largest of each few.
pub(crate) fn bars(samples: &[u64], unit: impl Fn(u64) -> String) -> String {
    let Some(&max) = samples.iter().max() else { return String::new() };
    let columns = COLUMNS.min(samples.len());
    let column = |column: usize| {
        let (from, to) = (column * samples.len() / columns, (column + 1) * samples.len() / columns);
        samples[from..to].iter().max().copied().unwrap_or_default()
    };
    let mut plot = String::new();
    for row in (0..ROWS).rev() {
        let label = match row {
            0 => unit(0),
            row if row == ROWS - 1 => unit(max),
            _ => String::new(),
        };
        plot += &format!("  {label:>10} ┤");
        for bar in (0..columns).map(column) {
            let eighths = (bar as f64 / max.max(1) as f64 * (ROWS * 8) as f64).round() as usize;
            plot.push(EIGHTHS[eighths.saturating_sub(row * 8).min(8)]);
        }
        plot.truncate(plot.trim_end().len());
        plot.push('\n');
    }
    plot
}
