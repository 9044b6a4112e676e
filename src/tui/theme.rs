//! Looks: what a cell means, and how that is shown with colour and without.

use ratatui::style::{Color, Modifier, Style};

use crate::model::{Badge, Status};

/// What a text means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    Dim,
    Strong,
    Good,
    Bad,
    Warning,
    Info,
    Accent,
    Person,
}

/// How meanings are shown. Nothing is shown by colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Theme {
    pub(super) colour: bool,
}

impl Theme {
    pub(super) fn style(self, tone: Tone) -> Style {
        let style = Style::new();
        let (colour, modifier) = match tone {
            Tone::Plain => return style,
            Tone::Dim => (None, Modifier::DIM),
            Tone::Strong => (None, Modifier::BOLD),
            Tone::Good => (Some(Color::Green), Modifier::empty()),
            Tone::Bad => (Some(Color::Red), Modifier::BOLD),
            Tone::Warning => (Some(Color::Yellow), Modifier::empty()),
            Tone::Info => (Some(Color::Blue), Modifier::empty()),
            Tone::Accent => (Some(Color::Magenta), Modifier::empty()),
            Tone::Person => (Some(Color::Cyan), Modifier::empty()),
        };
        let style = style.add_modifier(modifier);
        match colour.filter(|_| self.colour) {
            Some(colour) => style.fg(colour),
            None => style,
        }
    }

    /// Returns how the selected row is shown.
    pub(super) fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }
}

/// Returns what a badge means.
pub(super) fn tone_of_badge(badge: Badge) -> Tone {
    match badge {
        Badge::Pending => Tone::Dim,
        Badge::InProgress => Tone::Info,
        Badge::AwaitingQa => Tone::Warning,
        Badge::IssuesFound => Tone::Bad,
        Badge::ReadyToFinalise => Tone::Accent,
        Badge::Done | Badge::QaApproved => Tone::Good,
    }
}

/// Returns the mark of a task, and what it means.
pub(super) fn mark(status: Status, badge: Badge) -> (&'static str, Tone) {
    match status {
        Status::Cancelled => ("⊘", Tone::Dim),
        Status::Blocked => ("■", Tone::Bad),
        _ => (badge.glyph(), tone_of_badge(badge)),
    }
}

/// Returns what a priority means.
pub(super) fn tone_of_priority(priority: Option<&str>) -> Tone {
    match priority {
        Some("critical") => Tone::Bad,
        Some("high") => Tone::Warning,
        Some("low") => Tone::Dim,
        _ => Tone::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colour_there_is_none() {
        let tones = [Tone::Dim, Tone::Good, Tone::Bad, Tone::Warning, Tone::Info, Tone::Accent, Tone::Person];
        for tone in tones {
            assert_eq!(Theme { colour: false }.style(tone).fg, None, "{tone:?}");
        }
        assert_eq!(Theme { colour: true }.style(Tone::Bad).fg, Some(Color::Red));
    }
}
