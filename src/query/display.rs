//! The canonical form of a query: parsing it gives the same query again.

use std::fmt::{self, Formatter, Write};

use super::Query;
use super::expr::Expr;
use super::scan::Word;
use super::term::{Ask, Term};

impl fmt::Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write_expr(&self.root, f)
    }
}

fn write_expr(expr: &Expr, f: &mut Formatter<'_>) -> fmt::Result {
    match expr {
        Expr::All(parts) => write_joined(parts, " ", |part| matches!(part, Expr::Any(_)), f),
        Expr::Any(parts) => write_joined(parts, " or ", |_| false, f),
        Expr::Not(inner) => {
            f.write_char('-')?;
            write_grouped(inner, matches!(**inner, Expr::All(_) | Expr::Any(_)), f)
        }
        Expr::Term(term) => write_term(term, f),
    }
}

fn write_joined(
    parts: &[Expr],
    between: &str,
    grouped: fn(&Expr) -> bool,
    f: &mut Formatter<'_>,
) -> fmt::Result {
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            f.write_str(between)?;
        }
        write_grouped(part, grouped(part), f)?;
    }
    Ok(())
}

fn write_grouped(expr: &Expr, grouped: bool, f: &mut Formatter<'_>) -> fmt::Result {
    if !grouped {
        return write_expr(expr, f);
    }
    f.write_char('(')?;
    write_expr(expr, f)?;
    f.write_char(')')
}

fn write_term(term: &Term, f: &mut Formatter<'_>) -> fmt::Result {
    if term.ask == Ask::Text {
        return term.words.iter().try_for_each(|word| write_word(word, true, f));
    }
    f.write_str(term.ask.name())?;
    f.write_str(term.op.sign())?;
    for (at, word) in term.words.iter().enumerate() {
        if at > 0 {
            f.write_char(',')?;
        }
        write_word(word, false, f)?;
    }
    Ok(())
}

/// Writes a value as it stands where that is safe, else in quotes, and with backslashes where it has stars, which
/// quotes would make literal. `alone`: no field stands before it.
fn write_word(word: &Word, alone: bool, f: &mut Formatter<'_>) -> fmt::Result {
    let keyword = |text: &str| ["or", "and", "not"].iter().any(|keyword| text.eq_ignore_ascii_case(keyword));
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | '#' | '@' | '+' | '%');
    let colon = |c: char| plain(c) || !alone && c == ':';
    let leading_minus = |text: &str| alone && text.starts_with('-');
    match word.pieces() {
        [text] if text.chars().all(colon) && !leading_minus(text) && !(alone && keyword(text)) => {
            f.write_str(text)
        }
        [text] => {
            f.write_char('"')?;
            for c in text.chars() {
                if matches!(c, '"' | '\\') {
                    f.write_char('\\')?;
                }
                f.write_char(c)?;
            }
            f.write_char('"')
        }
        pieces => {
            for (at, piece) in pieces.iter().enumerate() {
                if at > 0 {
                    f.write_char('*')?;
                }
                for (byte, c) in piece.char_indices() {
                    let negates = at == 0 && byte == 0 && leading_minus(piece);
                    if !plain(c) || negates {
                        f.write_char('\\')?;
                    }
                    f.write_char(c)?;
                }
            }
            Ok(())
        }
    }
}
