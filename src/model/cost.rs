//! What work has cost: tokens, and money in any currency. Sums are exact: amounts are whole millionths, and nothing is ever
//! converted.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// An amount of money in whole millionths of its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Amount(u128);

impl Amount {
    /// Digits after the point that are read, and kept.
    const DIGITS: usize = 6;
    /// Longest number that is read, in bytes: no sum of what people write overflows.
    const LONGEST: usize = 24;

    /// Reads `0.30`, `12` or `.5`; none for what is no such number, or has more digits after the point than are kept.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let are_digits = |text: &str| text.bytes().all(|c| c.is_ascii_digit());
        let is_number = are_digits(whole) && are_digits(part) && !(whole.is_empty() && part.is_empty());
        if !is_number || part.len() > Self::DIGITS || text.len() > Self::LONGEST || text.ends_with('.') {
            return None;
        }
        format!("{whole}{part:0<width$}", width = Self::DIGITS).parse().ok().map(Self)
    }
}

impl fmt::Display for Amount {
    /// Writes two digits after the point, or as many as there are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = 10_u128.pow(Self::DIGITS as u32);
        let part = format!("{:0width$}", self.0 % scale, width = Self::DIGITS);
        let part = part.trim_end_matches('0');
        write!(f, "{}.{part:0<2}", self.0 / scale)
    }
}

/// Tokens and money.
#[derive(Debug, Clone, PartialEq, Eq, Default, JsonSchema)]
pub struct Cost {
    /// How many tokens.
    pub tokens: u64,
    /// Money by currency, such as `USD`.
    #[schemars(with = "BTreeMap<String, String>")]
    pub money: BTreeMap<String, Amount>,
}

impl Serialize for Cost {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let money: BTreeMap<&String, String> =
            self.money.iter().map(|(currency, amount)| (currency, amount.to_string())).collect();
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("tokens", &self.tokens)?;
        map.serialize_entry("money", &money)?;
        map.end()
    }
}

impl Cost {
    /// Reads `12k tokens 0.30 USD`: tokens, money in one or more currencies, or both, in any order.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.split([' ', '\t', ',']).filter(|word| !word.is_empty()).collect();
        let (pairs, []) = words.as_chunks::<2>() else { return None };
        let mut cost = Self::default();
        for [number, unit] in pairs {
            if matches!(*unit, "token" | "tokens") {
                cost.tokens = cost.tokens.checked_add(tokens(number)?)?;
                continue;
            }
            let is_currency = unit.len() == 3 && unit.bytes().all(|c| c.is_ascii_uppercase());
            let amount = Amount::parse(number).filter(|_| is_currency)?;
            let sum = cost.money.entry((*unit).to_owned()).or_default();
            sum.0 = sum.0.checked_add(amount.0)?;
        }
        (!pairs.is_empty()).then_some(cost)
    }

    /// Adds another; what no number has room for stays at the largest.
    pub fn add(&mut self, other: &Self) {
        self.tokens = self.tokens.saturating_add(other.tokens);
        for (currency, amount) in &other.money {
            let sum = self.money.entry(currency.clone()).or_default();
            sum.0 = sum.0.saturating_add(amount.0);
        }
    }

    /// Whether any part of a budget is used up: its tokens, or one of its currencies.
    #[must_use]
    pub fn reaches(&self, budget: &Self) -> bool {
        let has = |currency: &String| self.money.get(currency).copied().unwrap_or_default();
        budget.tokens > 0 && self.tokens >= budget.tokens
            || budget.money.iter().any(|(currency, amount)| amount.0 > 0 && has(currency) >= *amount)
    }

    /// Whether it is nothing.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.tokens == 0 && self.money.values().all(|amount| amount.0 == 0)
    }
}

/// Maximum number of tokens of one line: more than anybody has used for one commit, and any number of such lines can be
/// summed.
const MOST_TOKENS: u64 = 1_000_000_000_000;

/// Reads a number of tokens: `12000`, `12k`, `1.5M`. A part of a token is none.
fn tokens(text: &str) -> Option<u64> {
    let (number, scale) = match text.strip_suffix(['k', 'K']) {
        Some(number) => (number, 1000),
        None => text.strip_suffix('M').map_or((text, 1), |number| (number, 1_000_000)),
    };
    let millionths = Amount::parse(number)?.0.checked_mul(scale)?;
    (millionths % 1_000_000 == 0).then_some(())?;
    u64::try_from(millionths / 1_000_000).ok().filter(|tokens| *tokens <= MOST_TOKENS)
}

impl fmt::Display for Cost {
    /// Writes it as it is read, tokens with all of their digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tokens = (self.tokens > 0).then(|| format!("{} tokens", self.tokens));
        let money = self.money.iter().map(|(currency, amount)| format!("{amount} {currency}"));
        let parts: Vec<String> = tokens.into_iter().chain(money).collect();
        f.write_str(if parts.is_empty() { "nothing" } else { "" })?;
        f.write_str(&parts.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_is_read_in_any_order_and_nothing_else_is_one() {
        let shown = |text: &str| Cost::parse(text).map(|cost| cost.to_string());
        assert_eq!(shown("12k tokens 0.30 USD").as_deref(), Some("12000 tokens 0.30 USD"));
        assert_eq!(shown("0.000001 EUR, 1.5M tokens, 2 EUR").as_deref(), Some("1500000 tokens 2.000001 EUR"));
        assert_eq!(shown(".5 USD").as_deref(), Some("0.50 USD"));
        for none in [
            "",
            "12k",
            "tokens",
            "12 k tokens",
            "-1 USD",
            "1e3 USD",
            "1. USD",
            ". USD",
            "0.0000001 USD",
            "1 usd",
            "1 DOLLAR",
            "0.5 tokens",
            "1.0001k tokens",
            "1 USD 2",
            "NaN USD",
            "1,5 USD",
            "9999999999999999999999999 USD",
        ] {
            assert_eq!(shown(none), None, "{none}");
        }
    }

    #[test]
    fn a_budget_is_used_up_by_one_of_its_parts() {
        let of = |text: &str| Cost::parse(text).unwrap();
        let budget = of("10k tokens 1 USD");
        assert!(!of("9999 tokens 0.999999 USD 50 EUR").reaches(&budget));
        assert!(of("10k tokens").reaches(&budget) && of("1.00 USD").reaches(&budget));
        assert!(!of("1M tokens").reaches(&of("0 tokens 2 USD")), "no limit of tokens");
    }

    #[test]
    fn sums_are_exact_where_floats_are_not() {
        let (mut sum, tenth) = (Cost::default(), Cost::parse("1 token 0.1 USD").unwrap());
        assert!(sum.is_none());
        (0..100_000).for_each(|_| sum.add(&tenth));
        assert_eq!(sum.to_string(), "100000 tokens 10000.00 USD");
        sum.add(&Cost::parse("0.000001 USD 3 EUR").unwrap());
        assert_eq!(sum.to_string(), "100000 tokens 3.00 EUR 10000.000001 USD");
        let json = serde_json::to_value(&tenth).unwrap();
        assert_eq!(
            json,
            serde_json::json!({"tokens": 1, "money": {"USD": "0.10"}}),
            "a text: no reader rounds it"
        );
    }
}
