#include "runtime/application.hpp"
#include "runtime/command_line.hpp"
#include "runtime/guard_process.hpp"
#include "runtime/validation.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string_view>

namespace {

int speak(const cts::spoken_command& x) {
  std::fputs(x.out.c_str(), stdout);
  std::fputs(x.err.c_str(), stderr);
  return x.exit_code;
}

} // namespace

int main(int argc, char** argv) {
  try {
    if (argc == 2 && std::string_view{argv[0]} == cts::guard_word)
      return cts::run_guard(std::atoi(argv[1]));
    auto order = cts::parse_command_line({argv + 1, argv + argc});
    if (const auto* text = std::get_if<cts::spoken_command>(&order))
      return speak(*text);
    if (const auto* check = std::get_if<cts::validate_command>(&order))
      return speak(cts::run_validate(*check));
    if (const auto* show = std::get_if<cts::show_command>(&order))
      return speak(cts::run_show(*show));
    return cts::run_application(std::get<cts::start_command>(order));
  } catch (const std::exception& reason) {
    std::fprintf(stderr, "consul-terraform-sync: %s\n", reason.what());
    return 11;
  }
}
