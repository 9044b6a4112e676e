//! How the columns of a table share a terminal that is too narrow for all of them. What the table is there to tell is
//! never lost: a text is broken between words, a command goes whole on a line of its own below the row, and only what
//! says little beside the rest is left out.

/// An elastic column is not squeezed below this as long as another column can make room.
const COMFORTABLE: usize = 20;
/// An elastic column is squeezed to no less than this.
const NARROWEST: usize = 12;
/// Columns between two columns.
pub(super) const GAP: usize = 2;

/// What becomes of a column where there is too little room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Fit {
    /// Stays as it is; below the row where nothing else helps.
    #[default]
    Whole,
    /// Cut, with an ellipsis: a title, which is found in full elsewhere.
    Cut,
    /// Broken between words into several lines.
    Wrap,
    /// Left out before anything is squeezed hard.
    Minor,
    /// On a line of its own below the row, neither cut nor broken: a command, which nobody could run otherwise.
    Below,
}

impl Fit {
    fn is_elastic(self) -> bool {
        matches!(self, Self::Cut | Self::Wrap)
    }
}

/// A column before it has its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    /// That of its widest cell; 0 where all are empty.
    pub(super) width: usize,
    /// That of its longest word, where it is broken between words.
    pub(super) word: usize,
    pub(super) fit: Fit,
}

/// Where a column is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In the row, at this width.
    Beside(usize),
    /// On a line of its own below the row.
    Below,
    LeftOut,
}

/// Gives each column its place in this many columns of a terminal. The first one always stays in the row: it says what
/// the row is about.
pub(super) fn places(columns: &[Column], room: usize) -> Vec<Place> {
    let beside =
        |column: &Column| if column.width == 0 { Place::LeftOut } else { Place::Beside(column.width) };
    let mut places: Vec<Place> = columns.iter().map(beside).collect();
    let last_of = |places: &[Place], fit: Fit| {
        let is_movable = |at: &usize| columns[*at].fit == fit && matches!(places[*at], Place::Beside(_));
        (1..columns.len()).rev().find(is_movable)
    };
    loop {
        // A text is not broken beside something that can go below.
        let below = last_of(&places, Fit::Below);
        let comfortable = |column: &Column| match column.fit {
            Fit::Wrap if below.is_some() => column.width,
            _ => column.word.max(COMFORTABLE),
        };
        if squeeze(columns, &mut places, room, comfortable) {
            return places;
        }
        if let Some(at) = below {
            places[at] = Place::Below;
        } else if let Some(at) = last_of(&places, Fit::Minor) {
            places[at] = Place::LeftOut;
        } else {
            break;
        }
    }
    while !squeeze(columns, &mut places, room, |_| NARROWEST) {
        let Some(at) = last_of(&places, Fit::Whole) else { break };
        places[at] = Place::Below;
    }
    places
}

/// Squeezes the elastic columns, the widest first, so that the row fits. If it would not fit with these at the
/// narrowest, they are left at that and the answer is no.
fn squeeze(
    columns: &[Column],
    places: &mut [Place],
    room: usize,
    narrowest: impl Fn(&Column) -> usize,
) -> bool {
    let shown: Vec<usize> = (0..columns.len()).filter(|at| matches!(places[*at], Place::Beside(_))).collect();
    let (mut elastic, fixed): (Vec<usize>, Vec<usize>) =
        shown.iter().partition(|at| columns[**at].fit.is_elastic());
    let gaps = shown.len().saturating_sub(1) * GAP;
    let taken = gaps + fixed.iter().map(|at| columns[*at].width).sum::<usize>();
    let least = |at: usize| columns[at].width.min(narrowest(&columns[at]));
    let mut owed: usize = elastic.iter().map(|at| least(*at)).sum();
    let fits = taken + owed <= room;
    let mut left = room.saturating_sub(taken).max(owed);
    elastic.sort_by_key(|at| columns[*at].width);
    for (done, at) in elastic.iter().enumerate() {
        owed -= least(*at);
        let share = (left / (elastic.len() - done)).min(left - owed).max(least(*at));
        let width = columns[*at].width.min(share);
        places[*at] = Place::Beside(width);
        left -= width;
    }
    fits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(width: usize, fit: Fit) -> Column {
        Column { width, word: 0, fit }
    }

    fn at(room: usize, columns: &[Column]) -> String {
        let shown = places(columns, room).into_iter().map(|place| match place {
            Place::Beside(width) => width.to_string(),
            Place::Below => "below".to_owned(),
            Place::LeftOut => "-".to_owned(),
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn where_all_fits_nothing_is_changed() {
        let row =
            [column(9, Fit::Whole), column(30, Fit::Cut), column(0, Fit::Whole), column(20, Fit::Below)];
        assert_eq!(at(63, &row), "9 30 - 20");
        assert_eq!(at(57, &row), "9 24 - 20", "the title is cut before the command moves");
    }

    #[test]
    fn a_command_goes_below_before_the_text_is_squeezed() {
        let refusal = [column(7, Fit::Whole), column(60, Fit::Wrap), column(50, Fit::Below)];
        assert_eq!(at(78, &refusal), "7 60 below");
        assert_eq!(at(38, &refusal), "7 29 below");
        assert_eq!(at(118, &refusal), "7 60 below", "nor is it broken for a command to stay");
    }

    #[test]
    fn a_long_word_is_not_broken_while_something_can_move() {
        let start =
            [column(11, Fit::Whole), Column { word: 36, ..column(57, Fit::Wrap) }, column(39, Fit::Below)];
        assert_eq!(at(78, &start), "11 57 below");
        assert_eq!(at(40, &start[..2]), "11 27");
    }

    #[test]
    fn what_says_little_is_left_out_last_first() {
        let row =
            [column(9, Fit::Whole), column(8, Fit::Minor), column(50, Fit::Cut), column(12, Fit::Minor)];
        assert_eq!(at(70, &row), "9 8 35 12");
        assert_eq!(at(50, &row), "9 8 29 -");
        assert_eq!(at(40, &row), "9 - 29 -");
    }

    #[test]
    fn two_texts_share_what_there_is_and_a_short_one_keeps_its_width() {
        let compared = [column(20, Fit::Whole), column(40, Fit::Wrap), column(40, Fit::Wrap)];
        assert_eq!(at(80, &compared), "20 28 28");
        let uneven = [column(20, Fit::Whole), column(10, Fit::Wrap), column(90, Fit::Wrap)];
        assert_eq!(at(80, &uneven), "20 10 46");
    }

    #[test]
    fn the_rest_goes_below_and_is_never_lost() {
        let row =
            [column(9, Fit::Whole), column(16, Fit::Whole), column(40, Fit::Wrap), column(10, Fit::Whole)];
        assert_eq!(at(45, &row), "9 16 16 below", "and then there is room for the text again");
        assert_eq!(at(30, &row), "9 below 19 below");
        assert_eq!(at(5, &[column(9, Fit::Whole)]), "9");
    }
}
