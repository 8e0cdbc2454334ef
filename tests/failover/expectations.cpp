#include "tests/failover/expectations.hpp"

#include "tests/failover/processes.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <iterator>

namespace cts::failover {

namespace {

namespace json = boost::json;

// A follower with a hundred watches stays far below both.
constexpr auto descriptors_max = 500;
constexpr auto memory_max_kib = 200 * 1024L;
constexpr auto extras_max = std::size_t{5};
constexpr auto events_max = std::size_t{5};

std::string start_time(const json::value& event) {
  return std::string{event.at("start_time").as_string()};
}

/// At most five, newest first.
void check_events(const std::string& task, const json::value& status,
                  std::vector<std::string>& broken) {
  const auto* found = status.as_object().if_contains("events");
  if (found == nullptr || !found->is_array())
    return;
  const auto& events = found->as_array();
  if (events.size() > events_max)
    broken.push_back("I11: task " + task + " has "
                     + std::to_string(events.size()) + " events");
  for (auto i = std::size_t{1}; i < events.size(); ++i)
    if (start_time(events[i - 1]) < start_time(events[i]))
      broken.push_back("I11: the events of task " + task + " are not in order");
}

} // namespace

expectations::expectations(fleet& all) : all_(all) {
  for (auto i = 0; i < all.options().tasks; ++i)
    expected_.insert("t" + std::to_string(i));
}

void expectations::mutate(std::mt19937& random) {
  const auto full = extras_.size() >= extras_max;
  if (extras_.empty() || (!full && random() % 2 == 0))
    return create();
  auto chosen = static_cast<std::ptrdiff_t>(random() % extras_.size());
  remove(*std::next(extras_.begin(), chosen));
}

void expectations::create() {
  const auto name = "extra-" + std::to_string(now().count());
  const auto body = R"({"task":{"name":")" + name
                    + R"(","enabled":true,"module":"../work","variables":)"
                    + R"({"name":"\")" + name
                    + R"(\""},"condition":{"services":{"names":[")" + name
                    + R"("]}},"buffer_period":{"enabled":false}}})";
  auto said = all_.api(all_.leader(), "POST", "/v1/tasks", body);
  if (said.status == 201) {
    ++created_;
    expected_.insert(name);
    extras_.insert(name);
  } else if (said.status == 0 || said.status >= 500) {
    ++unanswered_;
    unknown_.insert(name);
  }
}

void expectations::remove(const std::string& task) {
  auto said = all_.api(all_.leader(), "DELETE", "/v1/tasks/" + task);
  if (said.status == 0 || said.status >= 500) {
    ++unanswered_;
    unknown_.insert(task);
  } else if (said.status == 200 || said.status == 202) {
    ++deleted_;
  } else {
    return;
  }
  expected_.erase(task);
  extras_.erase(std::string{task});
}

std::vector<std::string> expectations::broken() {
  auto out = std::vector<std::string>{};
  try {
    check_tasks(out);
  } catch (const std::exception& failure) {
    out.push_back("the API's answer is not understood: "
                  + std::string{failure.what()});
  }
  check_processes(out);
  return out;
}

void expectations::check_tasks(std::vector<std::string>& broken) {
  auto said = all_.api(all_.leader(), "GET", "/v1/status/tasks?include=events");
  if (said.status != 200) {
    broken.push_back("the leader answers " + std::to_string(said.status) + ": "
                     + said.body);
    return;
  }
  const auto parsed = json::parse(said.body);
  const auto& tasks = parsed.as_object();
  for (const auto& name : expected_)
    if (!tasks.contains(name))
      broken.push_back("I9, I12: task " + name + " is gone");
  for (const auto& [name, status] : tasks) {
    const auto task = std::string{name};
    if (!expected_.contains(task) && !unknown_.contains(task))
      broken.push_back("I9: task " + task + " was deleted and is there");
    check_events(task, status, broken);
  }
}

void expectations::check_processes(std::vector<std::string>& broken) {
  auto known = std::set<pid_t>{};
  for (auto i = 0; i < fleet::size; ++i) {
    const auto worker = all_.instance(i).process();
    known.insert(worker);
    for (auto x : descendants(worker))
      known.insert(x);
    most_memory_ = std::max(most_memory_, memory_kib(worker));
    most_descriptors_ = std::max(most_descriptors_, descriptors(worker));
  }
  for (auto x : processes_with(all_.mark()))
    if (!known.contains(x))
      broken.push_back("I8: the process " + name_of(x) + " ("
                       + std::to_string(x) + ") belongs to nobody");
  if (most_memory_ > memory_max_kib)
    broken.push_back("a worker has " + std::to_string(most_memory_) + " KiB");
  if (most_descriptors_ > descriptors_max)
    broken.push_back("a worker has " + std::to_string(most_descriptors_)
                     + " descriptors");
}

} // namespace cts::failover
