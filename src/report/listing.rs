//! A list of tasks in the forms that spreadsheets and other programs read. Pure.
//!
//! A format is a function here and a row of [`LIST_FORMATS`]: the option of the command, its help and the errors follow
//! from it.

/// A format in which other programs read a list of tasks.
#[derive(Debug)]
pub struct ListFormat {
    /// What is typed after `--format`.
    pub name: &'static str,
    /// What it is for, as help says it.
    pub about: &'static str,
    /// Makes the text.
    pub render: fn(&Table<'_>) -> String,
}

/// The formats, in the order of the help.
pub static LIST_FORMATS: [ListFormat; 1] =
    [ListFormat { name: "csv", about: "Comma-separated values, for spreadsheets", render: csv }];

/// The fields of tasks, as text.
#[derive(Debug)]
pub struct Table<'a> {
    /// Names of the fields.
    pub heads: &'a [&'a str],
    /// A row a task, as long as the heads.
    pub rows: &'a [Vec<String>],
}

/// Writes rows as RFC 4180 has them, but for line ends, which are those of every other answer.
fn csv(table: &Table<'_>) -> String {
    let heads = table.heads.iter().map(|head| (*head).to_owned()).collect();
    let lines = std::iter::once(&heads).chain(table.rows).map(|row| {
        let cells: Vec<String> = row.iter().map(|text| csv_cell(text)).collect();
        format!("{}\n", cells.join(","))
    });
    lines.collect()
}

/// Quotes a cell. Whoever wrote a title may be a stranger: what a spreadsheet would run as a formula gets an apostrophe,
/// which makes it text there.
fn csv_cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::{Table, csv};

    #[test]
    fn cells_are_quoted_and_never_formulas() {
        let row = ["a, b", "say \"hi\"", "two\nlines", "=cmd()", "-1", "plain"].map(str::to_owned).to_vec();
        let table = Table { heads: &["1", "2", "3", "4", "5", "6"], rows: &[row] };
        assert_eq!(
            csv(&table),
            "1,2,3,4,5,6\n\"a, b\",\"say \"\"hi\"\"\",\"two\nlines\",'=cmd(),'-1,plain\n"
        );
        assert_eq!(csv(&Table { heads: &["id"], rows: &[] }), "id\n");
    }
}
