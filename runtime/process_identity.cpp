#include "runtime/process_identity.hpp"

#include <unistd.h>

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

std::optional<std::uint64_t> process_start(std::int64_t id) {
  auto in = std::ifstream{"/proc/" + std::to_string(id) + "/stat"};
  auto text = std::string{std::istreambuf_iterator<char>{in}, {}};
  // The program's name, in brackets, may hold anything.
  auto at = text.rfind(')');
  if (at == std::string::npos)
    return std::nullopt;
  auto fields = std::istringstream{text.substr(at + 1)};
  auto field = std::string{};
  constexpr auto start_field = 20;
  for (auto i = 0; i < start_field; ++i)
    fields >> field;
  return std::stoull("0" + field);
}

} // namespace cts
