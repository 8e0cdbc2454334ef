#include "tests/simulation/machine_life.hpp"

#include "api/api.hpp"
#include "drivers/terraform/terraform_driver.hpp"
#include "drivers/terraform/terraform_finder.hpp"

namespace cts::simulation {

namespace {

/// Between the last word of an instance and the end of its process.
constexpr auto farewell = std::chrono::milliseconds{10};

} // namespace

// -- what an instance finds ---------------------------------------------------

outside_ptr machine::make_outside(const std::shared_ptr<life>& x) {
  auto out = std::make_shared<outside>();
  out->exchange = [this, x](http_request request, answer_to<http_reply> tell) {
    if (!x->is_over)
      around_.network.exchange(name_, std::move(request),
                               [x, tell](const result<http_reply>& outcome) {
                                 if (!x->is_over)
                                   tell(outcome);
                               });
  };
  out->cancel = [this, x](std::uint64_t id) {
    if (!x->is_over)
      around_.network.cancel(name_, id);
  };
  add_guard(*out, x);
  add_peers(*out, x);
  add_files(*out);
  add_port(*out, x);
  out->ended = [this, x](int code) {
    around_.engine.note(
      [&] { return name_ + " exits with " + std::to_string(code); });
    last_exit_code_ = code;
    // The program ends when its actors have.
    around_.engine.after(farewell, [this, x] { leave(x); });
  };
  return out;
}

void machine::add_guard(outside& out, const std::shared_ptr<life>& x) {
  out.start = [x](start_process request, answer_to<process_finished> tell) {
    if (!x->is_over)
      x->guard->start(request, std::move(tell));
  };
  out.stop = [x](const stop_process& request) {
    if (!x->is_over)
      x->guard->stop(request);
  };
  out.lease = [x](std::optional<nanoseconds> deadline) {
    if (!x->is_over)
      x->guard->lease(deadline);
  };
  out.bequeath = [x](const ha::witness::bequest& what) {
    if (!x->is_over)
      x->guard->bequeath(what);
  };
  out.withdraw = [x](const std::string& name) {
    if (!x->is_over)
      x->guard->withdraw(name);
  };
  out.beat = [x] {
    if (!x->is_over)
      x->guard->beat();
  };
}

void machine::add_peers(outside& out, const std::shared_ptr<life>& x) {
  out.greet
    = [this, x](const greet_peer& what, answer_to<greeting_ended> tell) {
        if (x->is_over)
          return;
        around_.peers.greet(name_, what, [x, tell](const auto& outcome) {
          if (!x->is_over)
            tell(outcome);
        });
      };
  out.cancel_greeting = [this, x](std::uint64_t id) {
    if (!x->is_over)
      around_.peers.cancel(name_, id);
  };
}

void machine::add_files(outside& out) {
  out.write = [this](const write_files& order) { return write(order); };
  out.read = [this](const read_files& order) { return read(order); };
  out.remove = [this](const remove_files& order) {
    for (const auto& path : order.paths)
      files_.erase(path);
  };
}

void machine::add_port(outside& out, const std::shared_ptr<life>& x) {
  // A cycle if it kept the life, which keeps the handle.
  auto weak = std::weak_ptr<life>{x};
  out.open = [this, weak](const open_api& order) -> result<api_opened> {
    if (auto one = weak.lock()) {
      one->api = order.target;
      one->is_listening = true;
    }
    set_listener(true);
    return api_opened{api_port};
  };
  out.close = [this, weak] {
    if (auto one = weak.lock()) {
      one->api = api_actor{};
      one->is_listening = false;
    }
    set_listener(false);
  };
}

result<files_written> machine::write(const write_files& x) {
  auto out = files_written{};
  for (const auto& file : x.files) {
    auto path = x.directory + "/" + file.name;
    auto known = files_.find(path);
    if (known != files_.end() && known->second == file.bytes)
      continue;
    if (is_disk_full_)
      return fail(errc::system, "write ", path, ": no space left on device");
    out.changed.push_back(file.name);
    if (known != files_.end())
      out.overwritten.push_back(file.name);
    files_[path] = file.bytes;
  }
  return out;
}

result<files_read> machine::read(const read_files& x) const {
  auto out = files_read{};
  for (const auto& path : x.paths) {
    auto found = files_.find(path);
    out.contents.push_back(
      found == files_.end() ? std::nullopt : std::optional{found->second});
  }
  return out;
}

instance_parts machine::parts(const std::shared_ptr<life>& x) {
  auto setup = [settings = x->settings,
                processes = x->processes](caf::local_actor* parent) {
    return make_terraform_finder(parent,
                                 {.settings = settings,
                                  .environment = {"PATH=/opt"},
                                  .process_directory = process_directory,
                                  .processes = processes});
  };
  auto driver = [this, settings = x->settings, processes = x->processes,
                 files = x->files](caf::local_actor* parent,
                                   const driver_order& order) {
    return make_terraform_driver(
      parent,
      {.task = order.task,
       .settings = settings,
       .program = {.path = order.program.path,
                   .version = *terraform::parse_version(order.program.version)},
       .process_directory = process_directory,
       .files = files,
       .processes = processes,
       .consul = order.consul,
       .clock = [this] { return wall(); }});
  };
  auto numbers = std::make_shared<random_stream>(random_.next());
  auto api = [this, numbers, settings = x->settings,
              boot = x->boot](caf::local_actor* parent, const auto& tasks,
                              const auto& events, const auto& elector) {
    return api::make_api(
      parent,
      {.random = [numbers] { return numbers->next(); },
       .clock = [this] { return wall(); },
       .boot = boot,
       .settings = settings},
      {.tasks = tasks, .events = events, .elector = elector});
  };
  return {.make_setup = setup, .make_driver = driver, .make_api = api};
}

// A process is named by the count of the machine's lives.
cluster_identity machine::identity(const std::shared_ptr<life>& x) {
  auto numbers = std::make_shared<random_stream>(random_.next());
  auto life_number = static_cast<std::int64_t>(lives_);
  return {.boot = x->boot,
          .host = {.name = name_,
                   .boot_id = name_ + "-boot",
                   .pid = life_number,
                   .pid_start = static_cast<std::uint64_t>(life_number),
                   .who = "cts@" + name_},
          .services
          = {.boot_clock = [this] { return time_point{boot_time()}; },
             .clock = [this] { return wall(); },
             .random = [numbers] { return numbers->next(); },
             .process_lives =
               [this](std::int64_t pid, std::uint64_t) {
                 return life_ && static_cast<std::int64_t>(lives_) == pid;
               },
             .sweep =
               [this, now = x->where->name()](const std::string&) {
                 return !processes_.has_runs_before(now);
               },
             .load_epoch = [this] { return epoch_; },
             .store_epoch = [this](ha::epoch epoch) { epoch_ = epoch; }},
          .version = "v0.1.0",
          .reset = false,
          .processes = x->processes,
          .witness = x->witness};
}

} // namespace cts::simulation
