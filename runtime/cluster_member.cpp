#include "runtime/cluster_member.hpp"

#include "actors/log.hpp"
#include "runtime/boot_clock.hpp"
#include "runtime/command_line.hpp"
#include "runtime/fork_child.hpp"
#include "runtime/process_identity.hpp"
#include "runtime/random.hpp"
#include "runtime/run_journal.hpp"
#include "runtime/wall_clock.hpp"

#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>

namespace cts {

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// After this time what a former process left behind is killed.
constexpr auto sweep_grace = std::chrono::seconds{10};

fs::path epoch_file(const config::settings& x) {
  return fs::path{x.working_dir}
         / (".cts-epoch-" + x.high_availability->cluster_name);
}

ha::epoch load_epoch(const fs::path& path) {
  auto file = std::ifstream{path};
  auto out = ha::epoch{0};
  file >> out;
  return file ? out : 0;
}

// A reader finds the old number or the new one, never half of it.
void store_epoch(const fs::path& path, ha::epoch epoch) {
  auto problem = std::error_code{};
  fs::create_directories(path.parent_path(), problem);
  auto fresh = path;
  fresh += ".new";
  auto file = std::ofstream{fresh, std::ios::trunc};
  file << epoch << '\n';
  file.close();
  if (file)
    fs::rename(fresh, path, problem);
  if (!file || problem)
    log::warn("ha", "the newest epoch cannot be kept on disk",
              {{"file", path.string()}});
}

/// Ends the Terraform processes that a former process of this instance left
/// behind: gently, then by force.
class sweeper {
public:
  explicit sweeper(std::shared_ptr<const config::settings> settings)
    : settings_(std::move(settings)) {}

  /// Whether none of them is left.
  bool operator()(const std::string&) {
    auto guard = std::lock_guard{mutex_};
    auto left = false;
    for (const auto& folder : folders())
      if (auto living = run_journal{(folder / ".cts").string()}.living())
        left = end(*living) || left;
    return !left;
  }

private:
  // What the configuration names, and what lies where tasks of the API do.
  std::set<fs::path> folders() const {
    auto out = std::set<fs::path>{};
    for (const auto& task : settings_->tasks)
      out.insert(task.working_dir);
    auto problem = std::error_code{};
    for (const auto& each :
         fs::directory_iterator{settings_->working_dir, problem})
      if (each.is_directory(problem))
        out.insert(each.path());
    return out;
  }

  // A process that belongs to another living instance is not ours to end; one
  // that the former process's witness still looks after gets its signals from
  // there.
  bool end(const terraform::run_record& x) {
    auto pid = static_cast<pid_t>(x.process_id);
    if (is_owned_by_another_instance(pid))
      return false;
    auto ending = is_left_to_a_witness(pid);
    auto now = boot_now();
    auto [known, is_new] = since_.emplace(pid, now);
    if (is_new)
      log::warn("ha", "stopping a run that the former process left behind",
                {{"process_id", std::to_string(pid)}});
    auto late = now - known->second > sweep_grace + (ending ? 2s : 0s);
    if (late || (is_new && !ending))
      ::kill(-pid, late ? SIGKILL : SIGINT);
    return true;
  }

  std::shared_ptr<const config::settings> settings_;
  std::mutex mutex_{};
  std::map<pid_t, std::chrono::nanoseconds> since_{};
};

} // namespace

cluster_identity
make_cluster_identity(const std::shared_ptr<const config::settings>& settings,
                      member_options options) {
  if (!settings->high_availability)
    return {};
  auto random = system_random();
  auto sweep = std::make_shared<sweeper>(settings);
  auto path = epoch_file(*settings);
  auto pid = static_cast<std::int64_t>(::getpid());
  return {
    .boot = make_uuid(random(), random()),
    .host = {.name = host_name(),
             .boot_id = boot_id(),
             .pid = pid,
             .pid_start = process_start(pid).value_or(0),
             .who = user_and_host()},
    .services
    = {.boot_clock = [] { return time_point{boot_now()}; },
       .clock = system_wall_clock(),
       .random = random,
       .process_lives
       = [](std::int64_t id,
            std::uint64_t start) { return process_start(id) == start; },
       .sweep = [sweep](const std::string& boot) { return (*sweep)(boot); },
       .load_epoch = [path] { return load_epoch(path); },
       .store_epoch = [path](ha::epoch x) { store_epoch(path, x); }},
    .version = human_version(),
    .reset = options.reset,
    .processes = std::move(options.processes),
    .witness = std::move(options.witness),
    .stat = [](const std::string& wanted) -> std::optional<std::string> {
      auto problem = std::error_code{};
      if (fs::exists(wanted, problem))
        return std::nullopt;
      if (!problem)
        return "stat " + wanted + ": no such file or directory";
      return system_error(errc::system, "stat " + wanted, problem.value())
        .message;
    }};
}

} // namespace cts
