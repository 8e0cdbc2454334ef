#include "core/schedule.hpp"

#include <algorithm>
#include <charconv>

namespace cts::schedule {

namespace {

constexpr std::string_view month_names[]
  = {"january", "february", "march",     "april",   "may",      "june",
     "july",    "august",   "september", "october", "november", "december"};

constexpr std::string_view weekday_names[] = {
  "sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"};

constexpr std::pair<std::string_view, std::string_view> macros[] = {
  {"@yearly", "0 0 0 1 1 * *"},  {"@annually", "0 0 0 1 1 * *"},
  {"@monthly", "0 0 0 1 * * *"}, {"@weekly", "0 0 0 * * 0 *"},
  {"@daily", "0 0 0 * * * *"},   {"@hourly", "0 0 * * * * *"},
};

enum class field_kind { second, minute, hour, day, month, weekday, year };

struct field {
  field_kind what;
  const char* name;
  int min;
  /// The largest value that may be written.
  int max;
  /// The largest step.
  int step_max;
};

constexpr field fields[] = {
  {field_kind::second, "second", 0, 59, 59},
  {field_kind::minute, "minute", 0, 59, 59},
  {field_kind::hour, "hour", 0, 23, 23},
  {field_kind::day, "day-of-month", 1, 31, 31},
  {field_kind::month, "month", 1, 12, 12},
  {field_kind::weekday, "day-of-week", 0, 7, 6},
  {field_kind::year, "year", year_min, year_max, year_max},
};

error syntax_error(const field& in, std::string_view part) {
  return fail(errc::configuration, "syntax error in ", in.name, " field: '",
              part, "'");
}

std::optional<int> named(std::string_view text, const std::string_view* names,
                         int count) {
  for (auto i = 0; i < count; ++i)
    if (text == names[i] || text == names[i].substr(0, 3))
      return i;
  return std::nullopt;
}

/// A number or a name, inside the field's limits.
std::optional<int> value_of(const field& in, std::string_view text) {
  if (in.what == field_kind::month)
    if (auto index = named(text, month_names, 12))
      return *index + 1;
  if (in.what == field_kind::weekday)
    if (auto index = named(text, weekday_names, 7))
      return index;
  auto digits_max = in.what == field_kind::year ? 4u : 2u;
  auto digits = text.find_first_not_of("0123456789") == text.npos;
  if (text.empty() || text.size() > digits_max || !digits)
    return std::nullopt;
  auto value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  auto fits = value >= in.min && value <= in.max;
  return fits ? std::optional{value} : std::nullopt;
}

std::vector<std::string> split(std::string_view text,
                               std::string_view separators) {
  auto parts = std::vector<std::string>{};
  while (!text.empty()) {
    auto end = std::min(text.find_first_of(separators), text.size());
    if (end > 0)
      parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

/// `a`, `a-b`, `*`, each perhaps with `/n`: what it selects.
struct selection {
  int first = 0;
  int last = 0;
  int step = 1;
  bool all = false;
};

result<selection> select(const field& in, std::string_view part) {
  auto slash = part.find('/');
  auto base = part.substr(0, slash);
  auto stepped = slash != part.npos;
  // Seven is another name of Sunday, not an eighth day.
  auto last_value = in.what == field_kind::weekday ? 6 : in.max;
  auto picked = selection{.first = in.min, .last = last_value};
  if (base == "*" || base == "?") {
    picked.all = !stepped;
  } else {
    auto dash = base.find('-');
    auto first = value_of(in, base.substr(0, dash));
    auto last = dash == base.npos ? first : value_of(in, base.substr(dash + 1));
    if (!first || !last)
      return syntax_error(in, part);
    picked.first = *first;
    picked.last = dash == base.npos && stepped ? last_value : *last;
  }
  if (!stepped)
    return picked;
  auto step = part.substr(slash + 1);
  auto digits = step.find_first_not_of("0123456789") == step.npos;
  if (step.empty() || !digits || step.size() > 6)
    return syntax_error(in, part);
  std::from_chars(step.data(), step.data() + step.size(), picked.step);
  if (picked.step < 1 || picked.step > in.step_max)
    return fail(errc::configuration, "invalid interval ", part);
  return picked;
}

bool wraps(field_kind what) {
  return what != field_kind::day && what != field_kind::year;
}

/// Reads one field after the other into `to_`.
class reader {
public:
  result<cron> run(const std::vector<std::string>& parts) {
    auto seconds = parts.size() >= 7;
    auto years = parts.size() >= 6;
    auto texts = std::vector<std::string>{seconds ? parts[0] : "0"};
    auto first = parts.begin() + (seconds ? 1 : 0);
    texts.insert(texts.end(), first, first + 5);
    texts.push_back(years ? *(first + 5) : "*");
    for (auto i = std::size_t{0}; i < texts.size(); ++i)
      if (auto read = read_field(fields[i], texts[i]); !read)
        return read.error();
    warn_of_traps(parts);
    return std::move(to_);
  }

private:
  result<void> read_field(const field& in, const std::string& text) {
    restrict(in.what, true);
    auto parts = split(text, ",");
    if (parts.empty())
      return fail(errc::configuration, in.name, " field: missing directive");
    for (const auto& part : parts) {
      if (read_special(in, part))
        continue;
      auto picked = select(in, part);
      if (!picked)
        return picked.error();
      if (picked->all)
        restrict(in.what, false);
      apply(in, *picked, part);
    }
    return {};
  }

  void restrict(field_kind what, bool restricted) {
    if (what == field_kind::day)
      to_.days_restricted = restricted;
    if (what == field_kind::weekday)
      to_.weekdays_restricted = restricted;
  }

  bool read_special(const field& in, std::string_view part) {
    if (in.what == field_kind::day)
      return read_special_day(in, part);
    return in.what == field_kind::weekday && read_special_weekday(in, part);
  }

  bool read_special_day(const field& in, std::string_view part) {
    to_.last_day = to_.last_day || part == "l";
    to_.last_weekday = to_.last_weekday || part == "lw";
    if (part == "l" || part == "lw")
      return true;
    if (!part.ends_with('w'))
      return false;
    auto day = value_of(in, part.substr(0, part.size() - 1));
    if (day)
      to_.nearest_weekdays.set(static_cast<std::size_t>(*day));
    return day.has_value();
  }

  bool read_special_weekday(const field& in, std::string_view part) {
    auto hash = part.find('#');
    auto last = hash == part.npos && part.ends_with('l');
    auto number = hash == part.npos ? part.substr(0, part.size() - 1)
                                    : part.substr(0, hash);
    auto weekday = value_of(in, number);
    if (!weekday || (hash == part.npos && !last))
      return false;
    auto index = static_cast<std::size_t>(*weekday % 7);
    if (last) {
      to_.last_weekdays.set(index);
      return true;
    }
    auto nth = part.substr(hash + 1);
    if (nth.size() != 1 || nth[0] < '1' || nth[0] > '5')
      return false;
    to_.nth_weekdays[static_cast<std::size_t>(nth[0] - '0')].set(index);
    return true;
  }

  void apply(const field& in, selection picked, const std::string& part) {
    auto weekday = in.what == field_kind::weekday;
    auto size = weekday ? 7 : in.max - in.min + 1;
    auto span = picked.last - picked.first;
    if (picked.first > picked.last && !wraps(in.what))
      return;
    if (span < 0) {
      span += size;
      to_.warnings.push_back("the range '" + part + "' of the " + in.name
                             + " field goes backwards and wraps around");
    } else if (weekday && picked.last == 7 && picked.first < 7
               && part.find('-') != part.npos) {
      to_.warnings.push_back("the range '" + part + "' of the day-of-week "
                             + "field includes Sunday");
    }
    if (weekday && part.size() == 2 && part[0] == '0')
      to_.warnings.push_back("the day-of-week '" + part + "' is read as '"
                             + part.substr(1) + "'");
    for (auto i = 0; i <= span; i += picked.step)
      set(in, in.min + (picked.first - in.min + i) % size);
  }

  void set(const field& in, int value) {
    auto index = static_cast<std::size_t>(value);
    switch (in.what) {
      case field_kind::second: to_.seconds.set(index); break;
      case field_kind::minute: to_.minutes.set(index); break;
      case field_kind::hour: to_.hours.set(index); break;
      case field_kind::day: to_.days.set(index); break;
      case field_kind::month: to_.months.set(index); break;
      case field_kind::weekday: to_.weekdays.set(index); break;
      case field_kind::year: to_.years.set(index - year_min); break;
    }
  }

  void warn_of_traps(const std::vector<std::string>& parts) {
    auto every_minute = to_.minutes.all() && to_.hours.all();
    if (every_minute && (to_.days_restricted || to_.weekdays_restricted))
      to_.warnings.push_back("the task runs every minute of the selected days; "
                             "write a minute and an hour in the first two "
                             "fields to run once a day");
    if (parts.size() == 6 && parts[5] == "*")
      to_.warnings.push_back("the sixth field is the year and the first one "
                             "the minute; use seven fields to select seconds");
  }

  cron to_{};
};

} // namespace

result<cron> parse(std::string_view text) {
  auto expanded = std::string{text};
  for (const auto& [name, meaning] : macros)
    if (auto at = expanded.find(name); at != expanded.npos)
      expanded.replace(at, name.size(), meaning);
  for (auto& c : expanded)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c | 0x20);
  auto parts = split(expanded, " \t\r\n\v\f");
  if (parts.size() < 5)
    return fail(errc::configuration, "missing field(s)");
  parts.resize(std::min<std::size_t>(parts.size(), 7));
  return reader{}.run(parts);
}

} // namespace cts::schedule
