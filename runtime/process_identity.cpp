#include "runtime/process_identity.hpp"

#include "runtime/guard_process.hpp"
#include "runtime/run_shim.hpp"

#include <pwd.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace cts {

std::string boot_id() {
  auto in = std::ifstream{"/proc/sys/kernel/random/boot_id"};
  auto text = std::string{};
  in >> text;
  return text;
}

std::string host_name() {
  char text[256] = {};
  ::gethostname(text, sizeof text - 1);
  return text;
}

std::string user_and_host() {
  auto entry = passwd{};
  auto* found = static_cast<passwd*>(nullptr);
  char names[4096] = {};
  ::getpwuid_r(::getuid(), &entry, names, sizeof names, &found);
  auto user = found != nullptr ? std::string{found->pw_name} : std::string{};
  return user + '@' + host_name();
}

namespace {

/// The `n`th field of a process's stat file after its name; empty if there is
/// none. Source: proc(5).
std::string stat_field(std::int64_t id, int n) {
  auto in = std::ifstream{"/proc/" + std::to_string(id) + "/stat"};
  auto text = std::string{std::istreambuf_iterator<char>{in}, {}};
  // The program's name, in brackets, may hold anything.
  auto at = text.rfind(')');
  if (at == std::string::npos)
    return {};
  auto fields = std::istringstream{text.substr(at + 1)};
  auto field = std::string{};
  for (auto i = 0; i < n; ++i)
    fields >> field;
  return field;
}

std::string program_of(const std::string& process) {
  auto problem = std::error_code{};
  return std::filesystem::read_symlink("/proc/" + process + "/exe", problem);
}

} // namespace

std::optional<std::uint64_t> process_start(std::int64_t id) {
  constexpr auto state_field = 1;
  constexpr auto start_field = 20;
  auto field = stat_field(id, start_field);
  // One that has ended and that nobody has reaped yet is gone, too.
  if (field.empty() || stat_field(id, state_field) == "Z")
    return std::nullopt;
  return std::stoull("0" + field);
}

std::string process_name(std::int64_t id) {
  auto in = std::ifstream{"/proc/" + std::to_string(id) + "/comm"};
  auto text = std::string{};
  std::getline(in, text);
  return text;
}

namespace {

/// Who looks after a process: the ids of the processes of our program above it,
/// up to the first that is neither shim nor witness.
struct care_takers {
  bool witness = false;
  std::string worker{};
};

care_takers care_takers_of(std::int64_t id) {
  constexpr auto parent_field = 2;
  auto out = care_takers{};
  auto ours = program_of("self");
  auto above = stat_field(id, parent_field);
  while (!above.empty() && above != "0" && program_of(above) == ours) {
    auto name = process_name(std::stoll(above));
    if (name != shim_name && name != guard_word) {
      out.worker = above;
      return out;
    }
    out.witness = true;
    above = stat_field(std::stoll(above), parent_field);
  }
  return out;
}

} // namespace

bool is_owned_by_another_instance(std::int64_t id) {
  auto worker = care_takers_of(id).worker;
  return !worker.empty() && worker != std::to_string(::getpid());
}

bool is_left_to_a_witness(std::int64_t id) {
  auto found = care_takers_of(id);
  return found.witness && found.worker.empty();
}

} // namespace cts
