#include "tests/simulation/machine.hpp"

#include "api/api.hpp"
#include "drivers/terraform/terraform_driver.hpp"
#include "drivers/terraform/terraform_finder.hpp"

#include <caf/send.hpp>

namespace cts::simulation {

namespace {

using namespace std::chrono_literals;

constexpr auto process_directory = "/srv";
constexpr auto api_port = 8558;

drifting_clock clock_from(random_stream& random) {
  constexpr auto worst = 9'000;
  auto rate = static_cast<std::int64_t>(random.below(2 * worst + 1)) - worst;
  // Often exactly the limit.
  if (random.chance(20))
    rate = rate < 0 ? -worst : worst;
  return drifting_clock{rate};
}

} // namespace

struct machine::life {
  island* where = nullptr;
  /// Nothing it asks for is carried out any more.
  bool is_over = false;
  bool is_listening = false;
  outside_ptr world{};
  http_service http{};
  process_service processes{};
  files_actor files{};
  http_server_actor port{};
  exit_listener_actor exit{};
  api_client client{};
  controller_actor controller{};
  api_actor api{};
  std::shared_ptr<const config::settings> settings{};
};

machine::machine(surroundings& around, std::string name, std::uint64_t seed)
  : around_(around), name_(std::move(name)), random_(seed),
    clock_(clock_from(random_)), processes_({.engine = around.engine,
                                             .network = around.network,
                                             .random = random_,
                                             .files = files_,
                                             .habits = around.habits,
                                             .machine = name_,
                                             .who = "cts@" + name_,
                                             .provider = around.on_provider,
                                             .wall = [this] { return wall(); }},
                                            clock_, around.on_process) {
  around_.network.add_node(name_);
  set_listener(false);
}

machine::~machine() {
  if (life_)
    end_life();
}

nanoseconds machine::boot_time() const {
  return clock_.read(around_.engine.now());
}

wall_time machine::wall() const {
  constexpr auto year_2026 = 1'767'225'600s;
  return wall_time{std::chrono::duration_cast<wall_time::duration>(
    boot_time() + wall_step_ + year_2026)};
}

bool machine::is_paused() const {
  return life_ && life_->where->is_paused;
}

bool machine::listens() const {
  return life_ && life_->is_listening && !life_->where->is_paused;
}

void machine::set_listener(bool open) {
  around_.network.tell(
    cts::set_listener{name_, "127.0.0.1:" + std::to_string(api_port), open});
}

// -- lives --------------------------------------------------------------------

void machine::boot() {
  if (life_ || is_frozen())
    return;
  around_.engine.note([this] { return "boot " + name_; });
  auto x = life_ = std::make_shared<life>();
  x->where
    = &around_.engine.add(name_ + "." + std::to_string(++lives_), clock_);
  x->settings
    = std::make_shared<const config::settings>(around_.settings(name_));
  x->world = make_outside(x);
  if (around_.tamper)
    around_.tamper(*x->world, name_);
  auto& system = x->where->system();
  x->http = make_http_service(system, x->world);
  x->processes = make_process_service(system, x->world);
  x->files = make_file_service(system, x->world);
  x->port = make_port_service(system, x->world);
  x->exit = make_exit_listener(system, x->world);
  x->client = make_api_client(system);
  auto numbers = std::make_shared<random_stream>(random_.next());
  x->controller = spawn_instance(
    system, {.settings = x->settings,
             .process_directory = process_directory,
             .consul = {.base_url = "http://agent"},
             .world = {.http = x->http,
                       .server = x->port,
                       .clock = [this] { return wall(); },
                       .random = [numbers] { return numbers->next(); }},
             .parts = parts(x),
             .identity = identity(x),
             .listener = x->exit});
}

void machine::end_life() {
  auto x = std::exchange(life_, nullptr);
  x->is_over = true;
  x->where->is_paused = false;
  auto kill
    = [](const auto& who) { caf::anon_send_exit(who, caf::exit_reason::kill); };
  kill(x->controller);
  around_.engine.exhaust(*x->where);
  kill(x->client);
  kill(x->exit);
  kill(x->port);
  kill(x->files);
  kill(x->processes);
  kill(x->http);
  x->api = api_actor{};
  around_.engine.exhaust(*x->where);
  around_.engine.retire(*x->where);
  // Its functions hold the life that holds it.
  *x->world = {};
  set_listener(false);
  // What runs has lost its parent.
  processes_.orphan();
}

void machine::kill() {
  if (!life_)
    return;
  around_.engine.note([this] { return "kill " + name_; });
  end_life();
}

void machine::terminate() {
  if (!life_)
    return;
  around_.engine.note([this] { return "terminate " + name_; });
  caf::anon_send(life_->controller, stop_instance{"terminated"});
}

void machine::pause(bool paused) {
  if (!life_ || life_->where->is_paused == paused)
    return;
  around_.engine.note([&] { return (paused ? "pause " : "resume ") + name_; });
  life_->where->is_paused = paused;
}

void machine::freeze(bool frozen) {
  if (processes_.is_frozen() == frozen)
    return;
  around_.engine.note([&] { return (frozen ? "freeze " : "thaw ") + name_; });
  pause(frozen);
  processes_.freeze(frozen);
}

void machine::power_off() {
  around_.engine.note([this] { return "power off " + name_; });
  processes_.freeze(false);
  if (life_)
    end_life();
  processes_.kill_all();
}

void machine::ask_api(api_request request, answer_to<api_reply> tell) {
  if (!listens())
    return tell(fail(errc::unavailable, "connection refused"));
  caf::anon_send(
    life_->client,
    api_call{life_->api,
             std::make_shared<const api_request>(std::move(request)),
             std::make_shared<const answer_to<api_reply>>(std::move(tell))});
}

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
  out->start
    = [this, x](start_process request, answer_to<process_finished> tell) {
        if (!x->is_over)
          processes_.start(request, std::move(tell));
      };
  out->stop = [this, x](const stop_process& request) {
    if (!x->is_over)
      processes_.stop(request);
  };
  out->lease = [this, x](std::optional<nanoseconds> deadline) {
    if (!x->is_over)
      processes_.lease(deadline);
  };
  add_files(*out);
  add_port(*out, x);
  out->ended = [this, x](int code) {
    around_.engine.note(
      [&] { return name_ + " exits with " + std::to_string(code); });
    last_exit_code_ = code;
    // The program ends when its actors have.
    around_.engine.after(10ms, [this, x] {
      if (life_ == x)
        end_life();
    });
  };
  return out;
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
  auto api = [this, numbers, settings = x->settings](
               caf::local_actor* parent, const auto& tasks, const auto& events,
               const auto& elector) {
    return api::make_api(
      parent,
      {.random = [numbers] { return numbers->next(); },
       .clock = [this] { return wall(); },
       .settings = settings},
      {.tasks = tasks, .events = events, .elector = elector});
  };
  return {.make_setup = setup, .make_driver = driver, .make_api = api};
}

// A process is named by the count of the machine's lives.
cluster_identity machine::identity(const std::shared_ptr<life>& x) {
  auto numbers = std::make_shared<random_stream>(random_.next());
  auto life_number = static_cast<std::int64_t>(lives_);
  auto high = numbers->next();
  auto low = numbers->next();
  return {
    .boot = make_uuid(high, low),
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
       .sweep
       = [this](const std::string&) { return processes_.running().empty(); },
       .load_epoch = [this] { return epoch_; },
       .store_epoch = [this](ha::epoch epoch) { epoch_ = epoch; }},
    .version = "v0.1.0",
    .reset = false,
    .processes = x->processes};
}

} // namespace cts::simulation
