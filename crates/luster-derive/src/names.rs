//! Names: how Rust's become Lua's, and which metamethods there are.

use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::{Error, Ident, LitStr, Result};

/// A way to write names of several words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    Lower,
    Upper,
    Pascal,
    Camel,
    Snake,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

/// How they are called, each in its own manner.
const CASES: [(&str, Case); 8] = [
    ("lowercase", Case::Lower),
    ("UPPERCASE", Case::Upper),
    ("PascalCase", Case::Pascal),
    ("camelCase", Case::Camel),
    ("snake_case", Case::Snake),
    ("SCREAMING_SNAKE_CASE", Case::ScreamingSnake),
    ("kebab-case", Case::Kebab),
    ("SCREAMING-KEBAB-CASE", Case::ScreamingKebab),
];

impl Case {
    pub(crate) fn parse(meta: &ParseNestedMeta<'_>) -> Result<Self> {
        let text: LitStr = meta.value()?.parse()?;
        let wanted = text.value();
        match CASES.iter().find(|(name, _)| *name == wanted) {
            Some((_, case)) => Ok(*case),
            None => {
                let names: Vec<&str> = CASES.iter().map(|(name, _)| *name).collect();
                let message = format!("unknown case `{wanted}`; there are {}", names.join(", "));
                Err(Error::new(text.span(), message))
            }
        }
    }

    pub(crate) fn apply(self, name: &str) -> String {
        let words = words(name).into_iter().enumerate().map(|(index, word)| match self {
            Case::Lower | Case::Snake | Case::Kebab => word.to_lowercase(),
            Case::Upper | Case::ScreamingSnake | Case::ScreamingKebab => word.to_uppercase(),
            Case::Camel if index == 0 => word.to_lowercase(),
            Case::Pascal | Case::Camel => capitalized(&word),
        });
        let separator = match self {
            Case::Lower | Case::Upper | Case::Pascal | Case::Camel => "",
            Case::Snake | Case::ScreamingSnake => "_",
            Case::Kebab | Case::ScreamingKebab => "-",
        };
        words.collect::<Vec<_>>().join(separator)
    }
}

fn capitalized(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars.flat_map(char::to_lowercase)).collect()
    })
}

/// The words of a Rust name: they begin behind underscores and at capital letters; capitals in a
/// row are one word, up to the last of them when a small letter follows.
fn words(name: &str) -> Vec<String> {
    let chars: Vec<char> = name.chars().collect();
    let mut words = vec![String::new()];
    for (index, &char) in chars.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| chars[before]);
        let after = chars.get(index + 1);
        let begins = char.is_uppercase()
            && (before.is_some_and(|before| !before.is_uppercase())
                || after.is_some_and(|after| after.is_lowercase()));
        if char == '_' || begins {
            words.push(String::new());
        }
        if char != '_'
            && let Some(word) = words.last_mut()
        {
            word.push(char);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The name of something for scripts: what it is renamed to, or its own in a case, if one is said.
pub(crate) fn name_of(ident: &Ident, rename: Option<&LitStr>, case: Option<Case>) -> String {
    if let Some(rename) = rename {
        return rename.value();
    }
    let own = ident.unraw().to_string();
    case.map_or_else(|| own.clone(), |case| case.apply(&own))
}

/// The metamethods that a type may have, without the underscores before them.
const METAMETHODS: [&str; 23] = [
    "add", "sub", "mul", "div", "mod", "pow", "unm", "idiv", "band", "bor", "bxor", "shl", "shr",
    "bnot", "concat", "len", "eq", "lt", "le", "index", "newindex", "call", "tostring",
];

/// Those that mean something outside of operations.
const OTHER_METAMETHODS: [&str; 3] = ["close", "gc", "pairs"];

/// The metamethod that a function is, by its name.
pub(crate) fn metamethod(ident: &Ident) -> Result<String> {
    let own = ident.unraw().to_string();
    let name = if own == "to_string" { "tostring" } else { own.as_str() };
    check_metamethod(name, ident)?;
    if METAMETHODS.contains(&name) || OTHER_METAMETHODS.contains(&name) {
        return Ok(format!("__{name}"));
    }
    let known = METAMETHODS.iter().chain(&OTHER_METAMETHODS).copied().collect::<Vec<_>>();
    let message = format!(
        "`{own}` is not the name of a metamethod: those are {}; another can be said with \
         `#[lua(meta = \"__name\")]`",
        known.join(", ")
    );
    Err(Error::new(ident.span(), message))
}

/// The metamethod that is said by its name with the underscores.
pub(crate) fn said_metamethod(text: &LitStr) -> Result<String> {
    let name = text.value();
    match name.strip_prefix("__") {
        Some(bare) if !bare.is_empty() => {
            check_metamethod(bare, text)?;
            Ok(name)
        }
        _ => {
            let message = "the name of a metamethod begins with two underscores";
            Err(Error::new(text.span(), message))
        }
    }
}

/// Refuses those fields of a metatable that are no functions, or are not for a type to decide.
fn check_metamethod(name: &str, place: impl quote::ToTokens) -> Result<()> {
    let message = match name {
        "name" => "the name is said at the type: `#[lua(name = \"..\")]`",
        "mode" => "`__mode` is for tables: a userdata has nothing to hold weakly",
        "metatable" => "`__metatable` is false for every userdata: scripts do not see metatables",
        _ => return Ok(()),
    };
    Err(Error::new_spanned(place, message))
}

#[cfg(test)]
mod tests {
    use super::Case;

    #[test]
    fn words_are_found_in_every_case() {
        let snake = |name| Case::Snake.apply(name);
        assert_eq!(snake("max_players"), "max_players");
        assert_eq!(snake("MaxPlayers"), "max_players");
        assert_eq!(snake("HTTPServer"), "http_server");
        assert_eq!(snake("ServerHTTP2"), "server_http2");
        assert_eq!(snake("_hidden__name_"), "hidden_name");
        assert_eq!(snake("A"), "a");
    }

    #[test]
    fn names_are_written_in_every_case() {
        let all = super::CASES.map(|(_, case)| case.apply("max_players"));
        let expected = [
            "maxplayers",
            "MAXPLAYERS",
            "MaxPlayers",
            "maxPlayers",
            "max_players",
            "MAX_PLAYERS",
            "max-players",
            "MAX-PLAYERS",
        ];
        assert_eq!(all, expected);
    }
}
