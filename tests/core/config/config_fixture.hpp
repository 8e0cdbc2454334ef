#pragma once

#include "core/config/load.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <utility>

namespace cts::config {

/// A process in `/srv/cts` on host `h1` with nothing in its environment, and a
/// vocabulary to load configurations in it.
class configuration {
public:
  configuration() {
    around.host_name = std::string{"h1"};
    around.working_dir = "/srv/cts";
    around.cpu_count = 2;
    around.read_file = [this](const std::string& path) -> result<std::string> {
      auto found = files.find(path);
      if (found != files.end())
        return found->second;
      return fail(errc::not_found, "open ", path,
                  ": no such file or directory");
    };
  }

  using named_files = std::vector<source>;

  std::variant<loaded, failure> load(const named_files& sources) const {
    return config::load(sources, around);
  }

  /// The settings of an accepted configuration.
  loaded accept(const named_files& sources) const {
    auto outcome = load(sources);
    if (const auto* refused = std::get_if<failure>(&outcome)) {
      ADD_FAILURE() << sources.front().bytes
                    << "\nis refused: " << print(refused->errors.front());
      return {};
    }
    return std::get<loaded>(std::move(outcome));
  }

  loaded accept(const std::string& text) const {
    return accept({{"x.hcl", text}});
  }

  /// The problems of a refused configuration.
  failure refuse(const named_files& sources) const {
    auto outcome = load(sources);
    if (std::holds_alternative<failure>(outcome))
      return std::get<failure>(std::move(outcome));
    ADD_FAILURE() << sources.front().bytes << "\nis accepted";
    return {.errors = {{}}};
  }

  failure refuse(const std::string& text) const {
    return refuse({{"x.hcl", text}});
  }

  /// The text of the first problem.
  std::string first_error(const named_files& sources) const {
    return refuse(sources).errors.front().message;
  }

  std::string first_error(const std::string& text) const {
    return first_error({{"x.hcl", text}});
  }

  surroundings around{};
  /// What `read_file` finds.
  std::map<std::string, std::string> files{};
};

/// The task that the specification calls `T`, with `inside` added.
inline std::string task_t(const std::string& inside = {}) {
  return "task { name = \"a\" module = \"m\" condition \"services\" { names = "
         "[\"x\"] } "
         + inside + " }\n";
}

/// A task with a condition of its own.
inline std::string task_with(const std::string& inside) {
  return "task { name = \"a\" module = \"m\" " + inside + " }\n";
}

} // namespace cts::config
