#include "tests/failover/fleet.hpp"

#include "tests/failover/processes.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

// What a fleet is asked and told while it runs.
namespace cts::failover {

namespace {

using namespace std::chrono_literals;

const event* newest_lock(const std::vector<event>& events) {
  const event* newest = nullptr;
  for (const auto& x : events)
    if (x.what == what::acquired
        && (newest == nullptr || newest->epoch < x.epoch))
      newest = &x;
  return newest;
}

std::string hold_file(int task) {
  return "t" + std::to_string(task) + ".hold";
}

} // namespace

int fleet::leader() const {
  const auto* lock = newest_lock(events_);
  for (auto i = 0; lock != nullptr && i < size; ++i)
    if (id(i) == lock->instance)
      return i;
  throw std::runtime_error{"there is no leader"};
}

std::uint64_t fleet::epoch() const {
  const auto* lock = newest_lock(events_);
  return lock == nullptr ? 0 : lock->epoch;
}

void fleet::expect_return(int x) {
  expected_since_[x] = events_.size();
}

/// Leads or follows: said it since it was expected to, and still does.
bool fleet::is_settled() {
  if (newest_lock(events_) == nullptr)
    return false;
  const auto led = leader();
  const auto after = events_.begin();
  for (auto i = 0; i < size; ++i) {
    auto first
      = after + static_cast<std::ptrdiff_t>(i == led ? 0 : expected_since_[i]);
    auto wanted = i == led ? what::attempted : what::following;
    auto stands = std::any_of(first, events_.end(), [&](const event& x) {
      return x.instance == id(i) && x.what == wanted;
    });
    if (!stands)
      return false;
  }
  auto ours = processes_with(mark());
  return std::ranges::none_of(
    ours, [](pid_t x) { return name_of(x) == "terraform"; });
}

// Between two commands of Terraform there is none for a moment.
void fleet::settle(duration limit) {
  auto calm_since = std::optional<wall_time>{};
  auto seen = until(
    [&] {
      if (!is_settled())
        calm_since.reset();
      else if (!calm_since)
        calm_since = now();
      return calm_since && now() - *calm_since > 1s;
    },
    limit);
  if (!seen)
    throw std::runtime_error{"the instances do not come to rest\n"
                             + last_words()};
}

// A node that no agent speaks for: the health of its services never changes.
bool fleet::change(int task, const std::string& service) {
  auto name = "s" + std::to_string(task);
  auto body = R"({"Node":")" + name
              + R"(","Address":"10.0.0.1","SkipNodeUpdate":false,"Service":)"
              + R"({"Service":")" + name + R"(","ID":")" + service
              + R"(","Port":80}})";
  try {
    consul_->ask("PUT", "/v1/catalog/register", body);
    auto said = consul_->ask("GET", "/v1/catalog/service/" + name);
    const auto key = std::string{R"("ServiceID":")"};
    for (auto at = said.find(key); at != said.npos; at = said.find(key, at)) {
      at += key.size();
      auto found = said.substr(at, said.find('"', at) - at);
      if (found != service)
        consul_->ask("PUT", "/v1/catalog/deregister",
                     R"({"Node":")" + name + R"(","ServiceID":")" + found
                       + R"("})");
    }
  } catch (const std::runtime_error&) {
    return false;
  }
  return true;
}

void fleet::hold(int task) {
  folder_.write(hold_file(task), "");
}

void fleet::release(int task) {
  std::filesystem::remove(folder_.path() / hold_file(task));
}

test::http_answer fleet::api(int x, const std::string& method,
                             const std::string& target,
                             const std::string& body) {
  const auto text = std::string{"api: starting server: port="};
  auto log = folder_.read("logs/" + id(x));
  auto at = log.rfind(text);
  if (at == log.npos)
    return {};
  auto port = std::stoi("0" + log.substr(at + text.size(), 6));
  return test::exchange(
    method, "http://" + hosts_.address(x) + ":" + std::to_string(port) + target,
    body);
}

std::string fleet::last_words() const {
  constexpr auto length = std::size_t{3000};
  auto out = std::ostringstream{};
  for (auto i = 0; i < size; ++i) {
    auto log = folder_.read("logs/" + id(i));
    out << "== " << id(i) << "\n"
        << log.substr(log.size() - std::min(log.size(), length)) << "\n";
  }
  return out.str();
}

} // namespace cts::failover
