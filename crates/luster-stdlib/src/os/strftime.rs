//! Dates as text: C's `strftime` in the "C" locale, with the conversions of C99.

use super::calendar::Date;

const DAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The conversions of one letter, and those that may follow `E` and `O`.
const PLAIN: &[u8] = b"aAbBcCdDeFgGhHIjmMnprRStTuUVwWxXyYzZ%";
const AFTER_E: &[u8] = b"cCxXyY";
const AFTER_O: &[u8] = b"deHImMSuUVwWy";

/// Appends a date in a format, as far as it goes in so many steps. Answers what is left of the
/// format.
///
/// # Errors
/// The rest of the format, from a conversion that there is not.
pub(super) fn write<'a>(
    out: &mut Vec<u8>,
    mut format: &'a [u8],
    date: &Date,
    steps: usize,
) -> Result<&'a [u8], &'a [u8]> {
    for _ in 0..steps {
        let Some((&byte, rest)) = format.split_first() else { break };
        if byte != b'%' {
            out.push(byte);
            format = rest;
            continue;
        }
        // In the "C" locale the modifiers change nothing.
        let (conversion, length) = match *rest {
            [b'E', letter, ..] if AFTER_E.contains(&letter) => (letter, 2),
            [b'O', letter, ..] if AFTER_O.contains(&letter) => (letter, 2),
            [letter, ..] if PLAIN.contains(&letter) => (letter, 1),
            _ => return Err(rest),
        };
        convert(out, conversion, date);
        format = &rest[length..];
    }
    Ok(format)
}

fn convert(out: &mut Vec<u8>, conversion: u8, date: &Date) {
    let day_name = DAYS[(date.day_of_week - 1) as usize];
    let month_name = MONTHS[(date.month - 1) as usize];
    let hour_of_12 = (date.hour + 11) % 12 + 1;
    let mut write = |text: String| out.extend(text.bytes());
    let two = |number: i64| format!("{number:02}");
    match conversion {
        b'a' => write(day_name[..3].to_owned()),
        b'A' => write(day_name.to_owned()),
        b'b' | b'h' => write(month_name[..3].to_owned()),
        b'B' => write(month_name.to_owned()),
        b'C' => write(date.year.div_euclid(100).to_string()),
        b'd' => write(two(date.day)),
        b'e' => write(format!("{:2}", date.day)),
        b'g' => write(two(week_of_iso_year(date).0.rem_euclid(100))),
        b'G' => write(week_of_iso_year(date).0.to_string()),
        b'H' => write(two(date.hour)),
        b'I' => write(two(hour_of_12)),
        b'j' => write(format!("{:03}", date.day_of_year)),
        b'm' => write(two(date.month)),
        b'M' => write(two(date.minute)),
        b'n' => write("\n".to_owned()),
        b'p' => write(if date.hour < 12 { "AM" } else { "PM" }.to_owned()),
        b'S' => write(two(date.second)),
        b't' => write("\t".to_owned()),
        b'u' => write(((date.day_of_week + 5) % 7 + 1).to_string()),
        b'U' => write(two((date.day_of_year + 7 - date.day_of_week) / 7)),
        b'V' => write(two(week_of_iso_year(date).1)),
        b'w' => write((date.day_of_week - 1).to_string()),
        b'W' => write(two((date.day_of_year + 6 - (date.day_of_week + 5) % 7) / 7)),
        b'y' => write(two(date.year.rem_euclid(100))),
        b'Y' => write(date.year.to_string()),
        b'z' => {
            let sign = if date.offset < 0 { '-' } else { '+' };
            let minutes = date.offset.abs() / 60;
            write(format!("{sign}{:02}{:02}", minutes / 60, minutes % 60));
        }
        b'Z' => write(date.zone.clone()),
        b'%' => write("%".to_owned()),
        b'D' | b'x' => {
            write(format!("{:02}/{:02}/{}", date.month, date.day, two(date.year.rem_euclid(100))))
        }
        b'F' => write(format!("{}-{:02}-{:02}", date.year, date.month, date.day)),
        b'R' => write(format!("{:02}:{:02}", date.hour, date.minute)),
        b'T' | b'X' => write(time(date)),
        b'r' => write(format!(
            "{hour_of_12:02}:{:02}:{:02} {}",
            date.minute,
            date.second,
            if date.hour < 12 { "AM" } else { "PM" }
        )),
        b'c' => write(format!(
            "{} {} {:2} {} {}",
            &day_name[..3],
            &month_name[..3],
            date.day,
            time(date),
            date.year
        )),
        _ => {}
    }
}

fn time(date: &Date) -> String {
    format!("{:02}:{:02}:{:02}", date.hour, date.minute, date.second)
}

/// The year and the number of the week in the reckoning of ISO 8601: weeks begin on Monday and
/// belong to the year that has most of their days.
fn week_of_iso_year(date: &Date) -> (i64, i64) {
    let is_leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let weeks = |year: i64| {
        // A year has 53 weeks when it begins on a Thursday, or on a Wednesday and is a leap year.
        let first = |year: i64| {
            let past = year - 1;
            (past + past.div_euclid(4) - past.div_euclid(100) + past.div_euclid(400)).rem_euclid(7)
        };
        // Monday is 0 here.
        if first(year) == 3 || (first(year) == 2 && is_leap(year)) { 53 } else { 52 }
    };
    let monday_based = (date.day_of_week + 5) % 7;
    let week = (date.day_of_year - 1 - monday_based + 10) / 7;
    if week < 1 {
        (date.year - 1, weeks(date.year - 1))
    } else if week > weeks(date.year) {
        (date.year + 1, 1)
    } else {
        (date.year, week)
    }
}
