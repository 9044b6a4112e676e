//! From words to a query.

use super::error::{Error, ErrorKind, Fault};
use super::expr::Expr;
use super::scan::{Op, Scanner};
use super::term::{Ask, Term};
use super::{Context, Query};

/// How deep parentheses may stand inside each other: the parser, and all that walks a query, recurses this far.
const DEEPEST: usize = 64;

impl Query {
    /// Reads a query. A text of nothing but spaces matches every task.
    pub fn parse(text: &str, context: &Context<'_>) -> Result<Self, Error> {
        let mut parser = Parser { scan: Scanner::new(text), context, depth: 0 };
        parser.query().map(|root| Self { root }).map_err(|fault| fault.within(text))
    }
}

struct Parser<'t, 'c> {
    scan: Scanner<'t>,
    context: &'c Context<'c>,
    depth: usize,
}

impl Parser<'_, '_> {
    fn query(&mut self) -> Result<Expr, Fault> {
        self.scan.skip_spaces();
        if self.scan.peek().is_none() {
            return Ok(Expr::all(Vec::new()));
        }
        let root = self.either()?;
        match self.scan.peek() {
            // Only a parenthesis ends a group before the text does.
            Some(_) => Err(Fault::new(self.scan.at()..self.scan.at() + 1, ErrorKind::LooseParenthesis)),
            None => Ok(root),
        }
    }

    /// Groups with `or` between them.
    fn either(&mut self) -> Result<Expr, Fault> {
        let mut groups = vec![self.together()?];
        while self.scan.take_keyword("or") {
            groups.push(self.together()?);
        }
        Ok(Expr::any(groups))
    }

    /// Terms side by side.
    fn together(&mut self) -> Result<Expr, Fault> {
        let mut terms = vec![self.negatable()?];
        loop {
            self.scan.skip_spaces();
            if self.scan.take_keyword("and") {
                terms.push(self.negatable()?);
                continue;
            }
            let ends = self.scan.peek().is_none_or(|c| c == ')') || self.scan.clone().take_keyword("or");
            if ends {
                return Ok(Expr::all(terms));
            }
            terms.push(self.negatable()?);
        }
    }

    /// A term, with `-` or `not` before it or without. A loop: a thousand of them must not recurse.
    fn negatable(&mut self) -> Result<Expr, Fault> {
        let mut negated = false;
        loop {
            self.scan.skip_spaces();
            if let Some((span, op)) = self.scan.loose_operator() {
                return Err(Fault::new(span, ErrorKind::LooseOperator { operator: op.sign() }));
            }
            if self.scan.take_keyword("not") {
                negated = !negated;
            } else if self.scan.take('-') || self.scan.take('!') {
                negated = !negated;
                if self.scan.peek().is_none_or(char::is_whitespace) {
                    return Err(Fault::expected(self.scan.at(), "a term directly behind the sign"));
                }
            } else {
                break;
            }
        }
        let term = self.term()?;
        Ok(if negated { term.not() } else { term })
    }

    fn term(&mut self) -> Result<Expr, Fault> {
        let start = self.scan.at();
        if self.scan.take('(') {
            return self.group(start);
        }
        let keyword = ["or", "and"].into_iter().find(|keyword| self.scan.clone().take_keyword(keyword));
        if keyword.is_some() || self.scan.peek().is_none_or(|c| c == ')') {
            return Err(Fault::expected(start, "a term, such as `stage:qa` or a word"));
        }
        let expr = match self.scan.take_field() {
            Some((name, span, op)) => {
                let words = self.scan.words()?;
                let ask = Ask::known(name, span.clone())?;
                let term = Term::new(ask, op, span, words, self.context)?;
                if op == Op::IsNot { Expr::Term(term).not() } else { Expr::Term(term) }
            }
            None => Expr::Term(Term::text(self.scan.word()?)?),
        };
        if self.scan.peek() == Some('(') {
            return Err(Fault::expected(self.scan.at(), "a space, or quotes around the text"));
        }
        Ok(expr)
    }

    fn group(&mut self, start: usize) -> Result<Expr, Fault> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Fault::new(start..start + 1, ErrorKind::TooDeep { limit: DEEPEST }));
        }
        let inner = self.either()?;
        if !self.scan.take(')') {
            return Err(Fault::new(start..start + 1, ErrorKind::OpenParenthesis));
        }
        self.depth -= 1;
        Ok(inner)
    }
}
