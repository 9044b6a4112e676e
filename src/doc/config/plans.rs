//! `[plans]`: who approves plans, and how often their tasks are tried.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Reader, Value, expected, not_a_role};
use crate::doc::printable::printable;
use crate::model::{Config, MOST_RETRIES, PlanRules, is_role_name, nearest};

impl Reader<'_> {
    pub(super) fn plan_rules(&mut self, value: &Value<'_>) -> PlanRules {
        let mut rules = PlanRules::default();
        self.table("plans", value, |reader, path, key, value| match key.get_ref().as_ref() {
            "approvers" => {
                rules.approvers = reader.text(path, value);
                if let Some(name) = rules.approvers.as_ref().filter(|name| !is_role_name(name)) {
                    reader.error(value.span(), path, not_a_role(name), None);
                }
            }
            "retries" => {
                let number = value.get_ref().as_integer();
                let number = number.and_then(|n| u32::from_str_radix(n.as_str(), n.radix()).ok());
                match number.filter(|count| *count <= MOST_RETRIES) {
                    Some(count) => rules.retries = count,
                    None => {
                        let what = format!("a number from 0 to {MOST_RETRIES}");
                        reader.error(value.span(), path, expected(&what, value), None);
                    }
                }
            }
            _ => reader.unknown(path, key, &["approvers", "retries"]),
        });
        rules
    }

    /// Reports a role that approves plans and that nothing defines: nobody may.
    pub(super) fn check_plans(&mut self, table: &DeTable<'_>, config: &Config) {
        let Some(DeValue::Table(plans)) = table.get("plans").map(Spanned::get_ref) else { return };
        let Some(item) = plans.get("approvers") else { return };
        let Some(name) = item.get_ref().as_str().filter(|name| !config.roles.contains_key(*name)) else {
            return;
        };
        let message =
            format!("unknown role `{}`: no table defines it, so nobody may approve", printable(name));
        let hint = match nearest(name, config.roles.keys().map(String::as_str)) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("add a table: [roles.{}]", printable(name)),
        };
        self.misfit(item.span(), "plans.approvers", message, hint);
    }
}
