//! Dates: seconds since 1970 to calendar fields and back (C's `gmtime`, `localtime` and `mktime`),
//! in the proleptic Gregorian calendar, for all years that C's `int` can hold.
//!
//! What the local time zone's offset is at a moment is asked of `jiff`; everything else is
//! arithmetic.

use jiff::Timestamp;
use jiff::tz::{Dst, TimeZone};

const SECONDS_PER_DAY: i64 = 86_400;

/// A broken-down time: C's `struct tm`, with the year and month as people count them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Date {
    pub(super) year: i64,
    /// 1 to 12.
    pub(super) month: i64,
    /// 1 to 31.
    pub(super) day: i64,
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
    /// 1 to 366.
    pub(super) day_of_year: i64,
    /// 1, Sunday, to 7.
    pub(super) day_of_week: i64,
    pub(super) is_dst: bool,
    /// Seconds east of Greenwich.
    pub(super) offset: i64,
    pub(super) zone: String,
}

/// The number of days from 1970-01-01 to the first of March of a year.
fn days_to_march(year: i64) -> i64 {
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) - 719_468
}

/// The number of days from 1970-01-01 to a date. Months beyond the year's are of other years.
fn days_to_date(year: i64, month: i64, day: i64) -> i64 {
    // Counted from March, the leap day is a year's last.
    let from_march = month - 3;
    let year = year + from_march.div_euclid(12);
    let month = from_march.rem_euclid(12);
    days_to_march(year) + (153 * month + 2) / 5 + day - 1
}

/// Year, month and day of a number of days from 1970-01-01.
fn date_of_days(days: i64) -> (i64, i64, i64) {
    // 400 years always have the same number of days. The estimate is right or one too high.
    let mut year = (days + 719_468) * 400 / 146_097 + 1;
    while days_to_march(year) > days {
        year -= 1;
    }
    let day_of_year = days - days_to_march(year);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    (year + i64::from(month >= 10), (month + 2) % 12 + 1, day)
}

/// How the local clock stands at a moment.
struct Zone {
    offset: i64,
    is_dst: bool,
    name: String,
}

/// The local time zone.
fn local_time_zone() -> TimeZone {
    let zone = TimeZone::system();
    if zone.is_unknown() { TimeZone::UTC } else { zone }
}

/// A moment at which the local clock stands as at the one that is asked for: the same one or, far in
/// the future, one in the same year of an earlier cycle of 400 years, after which the calendar with
/// its days of the week repeats.
fn timestamp(seconds: i64) -> Timestamp {
    const CYCLE: i64 = 146_097 * SECONDS_PER_DAY;
    /// The first moments of 2400 and of 1 in UTC.
    const REPEATS_FROM: i64 = 13_569_465_600;
    const FIRST: i64 = -62_135_596_800;
    let known = if seconds < REPEATS_FROM {
        seconds.max(FIRST)
    } else {
        REPEATS_FROM + (seconds - REPEATS_FROM) % CYCLE
    };
    Timestamp::from_second(known).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn zone_at(zone: &TimeZone, seconds: i64) -> Zone {
    let info = zone.to_offset_info(timestamp(seconds));
    Zone {
        offset: i64::from(info.offset().seconds()),
        is_dst: info.dst() == Dst::Yes,
        name: info.abbreviation().to_owned(),
    }
}

/// The date of a moment at an offset; `None` when the year does not fit in C's `int`.
fn date(seconds: i64, zone: Zone) -> Option<Date> {
    let local = seconds.checked_add(zone.offset)?;
    let days = local.div_euclid(SECONDS_PER_DAY);
    let of_day = local.rem_euclid(SECONDS_PER_DAY);
    // Beyond this no year fits, and the arithmetic below would overflow.
    if days.abs() > 1 << 40 {
        return None;
    }
    let (year, month, day) = date_of_days(days);
    i32::try_from(year - 1900).ok()?;
    Some(Date {
        year,
        month,
        day,
        hour: of_day / 3600,
        minute: of_day / 60 % 60,
        second: of_day % 60,
        day_of_year: days - days_to_date(year, 1, 1) + 1,
        day_of_week: (days + 4).rem_euclid(7) + 1,
        is_dst: zone.is_dst,
        offset: zone.offset,
        zone: zone.name,
    })
}

/// The date of a moment in UTC.
pub(super) fn utc(seconds: i64) -> Option<Date> {
    date(seconds, Zone { offset: 0, is_dst: false, name: "GMT".to_owned() })
}

/// The date of a moment in the local time zone.
pub(super) fn local(seconds: i64) -> Option<Date> {
    date(seconds, zone_at(&local_time_zone(), seconds))
}

/// What `os.time` is given: year, month, day, hour, minute, second, each of any size that fits in
/// C's `int`, and whether daylight saving time is meant.
pub(super) struct Fields {
    pub(super) year: i64,
    pub(super) month: i64,
    pub(super) day: i64,
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
    pub(super) is_dst: Option<bool>,
}

/// The moment of a local date, and the date itself with all fields in their ranges.
pub(super) fn moment(fields: &Fields) -> Option<(i64, Date)> {
    let zone = local_time_zone();
    // All fields fit in 32 bits, so nothing here overflows.
    let local = days_to_date(fields.year, fields.month, fields.day) * SECONDS_PER_DAY
        + fields.hour * 3600
        + fields.minute * 60
        + fields.second;
    let seconds = local - offset_of_local(&zone, local, fields.is_dst);
    let date = date(seconds, zone_at(&zone, seconds))?;
    Some((seconds, date))
}

/// The offset that a local time is meant to have.
fn offset_of_local(zone: &TimeZone, local: i64, is_dst: Option<bool>) -> i64 {
    let before = zone_at(zone, local - SECONDS_PER_DAY);
    let after = zone_at(zone, local + SECONDS_PER_DAY);
    let Some(wanted) = is_dst else {
        let is_right = |candidate: &Zone| {
            let there = zone_at(zone, local - candidate.offset);
            there.offset == candidate.offset
        };
        return match (is_right(&before), is_right(&after)) {
            // A time that the clock shows twice is taken for standard time.
            (true, true) if before.is_dst => after.offset,
            (false, true) => after.offset,
            // A time that the clock skips goes on from before.
            _ => before.offset,
        };
    };
    let here = zone_at(zone, local - before.offset);
    for candidate in [&here, &before, &after] {
        if candidate.is_dst == wanted {
            return candidate.offset;
        }
    }
    // The nearest period of the kind that is asked for.
    let moment = timestamp(local - here.offset);
    let mut nearby = zone.preceding(moment).take(4).chain(zone.following(moment).take(4));
    match nearby.find(|transition| (transition.dst() == Dst::Yes) == wanted) {
        Some(transition) => i64::from(transition.offset().seconds()),
        // A zone that does not know it: an hour, as everywhere.
        None if wanted => here.offset + 3600,
        None => here.offset,
    }
}

#[cfg(test)]
mod tests {
    use super::{date_of_days, days_to_date, utc};

    #[test]
    fn days_and_dates_agree() {
        assert_eq!(days_to_date(1970, 1, 1), 0);
        assert_eq!(days_to_date(2000, 3, 1), 11_017);
        assert_eq!(days_to_date(2020, 14, -3), days_to_date(2021, 1, 28));
        for days in (-1_000_000..1_000_000).step_by(37) {
            let (year, month, day) = date_of_days(days);
            assert!((1..=12).contains(&month) && (1..=31).contains(&day));
            assert_eq!(days_to_date(year, month, day), days);
        }
    }

    #[test]
    fn years_that_do_not_fit_are_refused() {
        assert!(utc(67_768_036_191_676_799).is_some());
        assert!(utc(67_768_036_191_676_800).is_none());
        assert!(utc(-67_768_040_609_740_800).is_some());
        assert!(utc(-67_768_040_609_740_801).is_none());
        assert!(utc(i64::MAX).is_none());
        assert!(utc(i64::MIN).is_none());
    }
}
