#include "tests/simulation/models.hpp"

#include "actors/caf/answer.hpp"
#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/errors.hpp"
#include "actors/guard_log.hpp"
#include "actors/timers.hpp"
#include "core/machine.hpp"

#include <algorithm>

namespace cts::simulation {

namespace {

class memory_disk {
public:
  using actor_type = files_actor;
  static inline constexpr const char* name = "memory_disk";

  memory_disk(files_actor::pointer self, std::shared_ptr<disk> files)
    : files_(std::move(files)) {
    cafx::install_guards(self, guard_log);
  }

  files_actor::behavior_type make_behavior() {
    return {
      [this](const write_files& x) { return write(x); },
      [this](const read_files& x) {
        auto out = files_read{};
        for (const auto& path : x.paths) {
          auto found = files_->find(path);
          out.contents.push_back(found == files_->end()
                                   ? std::nullopt
                                   : std::optional{found->second});
        }
        return out;
      },
      [this](const remove_files& x) {
        for (const auto& path : x.paths)
          files_->erase(path);
      },
    };
  }

private:
  files_written write(const write_files& x) {
    auto out = files_written{};
    for (const auto& file : x.files) {
      auto path = x.directory + "/" + file.name;
      auto known = files_->contains(path);
      auto& bytes = (*files_)[path];
      if (known && bytes == file.bytes)
        continue;
      bytes = file.bytes;
      out.changed.push_back(file.name);
      if (known)
        out.overwritten.push_back(file.name);
    }
    return out;
  }

  std::shared_ptr<disk> files_;
};

using terraform_impl
  = cafx::extended<fenced_process_actor, caf::result<void>(timer_elapsed)>;

class terraform_model {
public:
  using actor_type = terraform_impl;
  static inline constexpr const char* name = "terraform_model";

  terraform_model(terraform_impl::pointer self,
                  std::shared_ptr<terraform_log> log)
    : self_(self), log_(std::move(log)) {
    cafx::install_guards(self_, guard_log);
  }

  terraform_impl::behavior_type make_behavior() {
    return {
      [this](const start_process& x) { return start(x); },
      [this](const stop_process& x) { stop(x.key); },
      [](const extend_lease&) {},
      [](revoke_lease) {},
      [](const end_job&) {}, // what is stopped ends at once
      [this](timer_elapsed) { finish_what_is_due(); },
    };
  }

private:
  struct process {
    std::string key{};
    time_point due{};
    process_finished end{};
    cafx::answer<process_finished> answer{};
  };

  caf::result<process_finished> start(const start_process& x) {
    auto words = std::string{};
    for (auto i = std::size_t{1}; i < x.argv.size(); ++i)
      words += (i > 1 ? " " : "") + x.argv[i];
    log_->commands.push_back(x.key + ": " + words);
    log_->open_max = std::max(log_->open_max, ++log_->open[x.key]);
    auto applies = words.starts_with("apply");
    auto promise = self_->make_response_promise<process_finished>();
    auto takes = applies ? log_->apply_time : milliseconds{0};
    running_.push_back({.key = x.key,
                        .due = self_->clock().now() + takes,
                        .end = end_of(x.key, words),
                        .answer = cafx::answer{promise}});
    if (takes == milliseconds{0})
      finish_what_is_due();
    else
      self_->delayed_send(self_, takes, timer_elapsed{});
    return promise;
  }

  process_finished end_of(const std::string& key, const std::string& words) {
    auto end = process_finished{};
    if (words.starts_with("version"))
      end.output = R"({"terraform_version":"1.11.4"})";
    if (words.starts_with("validate"))
      end.output = R"({"valid":true,"diagnostics":[]})";
    auto broken = std::ranges::any_of(
      log_->broken, [&](const auto& x) { return key.ends_with(x); });
    if (words.starts_with("plan")) {
      end.exit_code = 2;
      end.output = "Plan: 1 to add, 0 to change, 0 to destroy.\n";
    }
    if (words.starts_with("apply") && broken) {
      end.exit_code = 1;
      end.error_output = "Error: the module is broken\n";
    }
    return end;
  }

  void stop(const std::string& key) {
    for (auto& x : running_)
      if (x.key == key) {
        x.due = self_->clock().now();
        x.end.exit_code = 1;
        x.end.stopped = true;
        x.end.error_output = "Error: execution halted\n";
      }
    finish_what_is_due();
  }

  void finish_what_is_due() {
    auto now = self_->clock().now();
    for (auto& x : running_)
      if (x.due <= now && x.answer.pending()) {
        --log_->open[x.key];
        x.answer.deliver(x.end);
      }
    std::erase_if(running_,
                  [](const process& x) { return !x.answer.pending(); });
  }

  terraform_impl::pointer self_;
  std::shared_ptr<terraform_log> log_;
  std::vector<process> running_{};
};

class port_model {
public:
  using actor_type = http_server_actor;
  static inline constexpr const char* name = "port_model";

  port_model(http_server_actor::pointer self, std::shared_ptr<open_port> port)
    : port_(std::move(port)) {
    cafx::install_guards(self, guard_log);
  }

  http_server_actor::behavior_type make_behavior() {
    return {
      [this](const open_api& x) {
        *port_ = {.api = x.target, .open = true};
        return api_opened{8558};
      },
      [this](const close_api&) { *port_ = {}; },
    };
  }

private:
  std::shared_ptr<open_port> port_;
};

} // namespace

int terraform_log::applies(const std::string& directory) const {
  return static_cast<int>(
    std::ranges::count_if(commands, [&](const std::string& x) {
      return x.find(directory + ": apply") != std::string::npos;
    }));
}

files_actor make_disk(caf::local_actor* parent, std::shared_ptr<disk> files) {
  return cafx::spawn_state<memory_disk>(parent, std::move(files));
}

fenced_process_actor make_terraform(caf::local_actor* parent,
                                    std::shared_ptr<terraform_log> log) {
  return cafx::spawn_state<terraform_model>(parent, std::move(log));
}

http_server_actor make_port(caf::local_actor* parent,
                            std::shared_ptr<open_port> port) {
  return cafx::spawn_state<port_model>(parent, std::move(port));
}

} // namespace cts::simulation
