#include "tests/simulation/machine_life.hpp"

#include <caf/send.hpp>

namespace cts::simulation {

namespace {

using namespace std::chrono_literals;

drifting_clock clock_from(random_stream& random) {
  constexpr auto worst = 9'000;
  auto rate = static_cast<std::int64_t>(random.below(2 * worst + 1)) - worst;
  // Often exactly the limit.
  if (random.chance(20))
    rate = rate < 0 ? -worst : worst;
  return drifting_clock{rate};
}

} // namespace

machine::machine(surroundings& around, std::string name, std::uint64_t seed)
  : around_(around), name_(std::move(name)), random_(seed),
    clock_(clock_from(random_)), time_(around.engine, random_, clock_),
    processes_({.engine = around.engine,
                .network = around.network,
                .random = random_,
                .files = files_,
                .habits = around.habits,
                .machine = name_,
                .who = "cts@" + name_,
                .provider = around.on_provider,
                .wall = [this] { return wall(); }},
               time_, around.on_process) {
  around_.network.add_node(name_);
  set_listener(false);
}

machine::~machine() {
  if (life_)
    end_life();
}

nanoseconds machine::boot_time() const {
  return clock_.read(suspended_at_.value_or(around_.engine.now()));
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
  is_off_ = false;
  auto x = life_ = std::make_shared<life>();
  x->where
    = &around_.engine.add(name_ + "." + std::to_string(++lives_), clock_);
  x->settings
    = std::make_shared<const config::settings>(around_.settings(name_));
  auto high = random_.next();
  x->boot = make_uuid(high, random_.next());
  x->guard = make_link();
  x->guard->begin();
  x->world = make_outside(x);
  if (around_.tamper)
    around_.tamper(*x->world, name_);
  spawn(x);
}

void machine::spawn(const std::shared_ptr<life>& x) {
  auto& system = x->where->system();
  x->http = make_http_service(system, x->world);
  x->processes = make_process_service(system, x->world);
  x->witness = make_witness_service(system, x->world);
  x->peers = make_peer_service(system, x->world);
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
                       .random = [numbers] { return numbers->next(); },
                       .peers = x->peers},
             .parts = parts(x),
             .identity = identity(x),
             .listener = x->exit});
}

std::shared_ptr<guard_link> machine::make_link() {
  auto make = [this](ticket_ended tell) {
    const auto& ha = life_->settings->high_availability;
    auto out = std::make_shared<witness_process>(
      witness_site{.network = around_.network,
                   .time = time_,
                   .processes = processes_,
                   .machine = name_,
                   .life = life_->where->name(),
                   .number = ++witness_numbers_,
                   .stall_timeout = ha ? ha->failover.stall_timeout : 5s},
      std::move(tell));
    std::erase_if(witnesses_, [](const auto& each) { return each.expired(); });
    witnesses_.push_back(out);
    return out;
  };
  return std::make_shared<guard_link>(
    link_site{.time = time_, .processes = processes_, .make = make});
}

// As the program does: what runs is stopped before the witness is released.
void machine::leave(const std::shared_ptr<life>& x) {
  if (life_ != x)
    return;
  x->guard->drain(x->settings->shutdown_grace, [this, x] {
    if (life_ != x)
      return;
    x->guard->bye();
    end_life();
  });
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
  kill(x->peers);
  kill(x->witness);
  kill(x->processes);
  kill(x->http);
  x->api = api_actor{};
  around_.engine.exhaust(*x->where);
  around_.engine.retire(*x->where);
  // Its functions hold the life that holds it.
  *x->world = {};
  set_listener(false);
  x->guard->close();
  if (!is_off_)
    around_.peers.close(name_);
}

void machine::kill() {
  if (!life_ || is_suspended())
    return;
  around_.engine.note([this] { return "kill " + name_; });
  end_life();
}

void machine::kill_witness() {
  if (is_suspended())
    return;
  around_.engine.note([this] { return "kill the witness of " + name_; });
  if (life_)
    return life_->guard->kill_witness();
  for (const auto& each : witnesses_)
    if (auto x = each.lock())
      x->kill();
}

void machine::terminate() {
  if (!life_)
    return;
  around_.engine.note([this] { return "terminate " + name_; });
  caf::anon_send(life_->controller, stop_instance{"terminated"});
}

// -- standing still -----------------------------------------------------------

void machine::update() {
  if (!life_)
    return;
  auto stands = life_->is_stopped || is_frozen();
  life_->where->is_paused = stands || life_->is_starved;
  life_->guard->pause(life_->where->is_paused);
}

void machine::pause(bool paused) {
  if (!life_ || life_->is_stopped == paused || is_suspended())
    return;
  around_.engine.note([&] { return (paused ? "pause " : "resume ") + name_; });
  life_->is_stopped = paused;
  update();
}

void machine::freeze(bool frozen) {
  if (is_frozen() == frozen || is_suspended())
    return;
  around_.engine.note([&] { return (frozen ? "freeze " : "thaw ") + name_; });
  if (life_ && !frozen)
    life_->is_stopped = false;
  time_.freeze(frozen);
  processes_.freeze(frozen);
  update();
  // Sometimes its guards come first.
  if (life_ && !frozen && random_.chance(50))
    wait_for_processor(random_.between(1ms, 60ms));
}

void machine::suspend(bool suspended) {
  if (is_suspended() == suspended)
    return;
  if (suspended) {
    freeze(true);
    suspended_at_ = around_.engine.now();
    ++suspensions_;
    return;
  }
  auto span = around_.engine.now() - *suspended_at_;
  around_.engine.note([this] { return "goes on " + name_; });
  suspended_at_.reset();
  clock_.stand(span);
  wall_step_ += span;
  freeze(false);
}

void machine::starve(nanoseconds span) {
  if (!life_ || span <= nanoseconds{0})
    return;
  // Two processors, many who want them.
  static constexpr auto round = 1s;
  wait_for_processor(random_.between(300ms, 950ms));
  around_.engine.after(round, [this, x = life_, span] {
    if (life_ == x)
      starve(span - round);
  });
}

void machine::wait_for_processor(nanoseconds span) {
  life_->is_starved = true;
  update();
  around_.engine.after(span, [this, x = life_] {
    x->is_starved = false;
    update();
  });
}

void machine::power_off() {
  around_.engine.note([this] { return "power off " + name_; });
  if (is_suspended())
    suspend(false);
  freeze(false);
  for (const auto& each : witnesses_)
    if (auto x = each.lock())
      x->kill();
  processes_.kill_all();
  is_off_ = true;
  if (life_)
    end_life();
}

void machine::ask_api(api_request request, answer_to<api_reply> tell) {
  if (!listens())
    return tell(fail(errc::unavailable, "connection refused"));
  pass_on(std::move(request), std::move(tell));
}

peer_target machine::as_peer() {
  auto out = peer_target{
    .ask = [this](api_request request, answer_to<api_reply> tell) {
      pass_on(std::move(request), std::move(tell));
    }};
  if (is_suspended() || is_off_)
    out.port = port_state::silent;
  else if (life_ && life_->is_listening)
    out.port = port_state::open;
  return out;
}

void machine::pass_on(api_request request, answer_to<api_reply> tell) {
  caf::anon_send(
    life_->client,
    api_call{life_->api,
             std::make_shared<const api_request>(std::move(request)),
             std::make_shared<const answer_to<api_reply>>(std::move(tell))});
}

} // namespace cts::simulation
