#pragma once

#include "actors/caf/asio_bridge.hpp"
#include "actors/caf/system_config.hpp"
#include "actors/errors.hpp"
#include "core/error.hpp"

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <type_traits>

namespace cts {

/// A real actor system with an io thread and a directory of its own.
class service_fixture : public ::testing::Test {
protected:
  using path = std::filesystem::path;

  service_fixture() {
    auto pattern
      = (std::filesystem::temp_directory_path() / "cts-XXXXXX").string();
    directory = ::mkdtemp(pattern.data());
  }

  ~service_fixture() override {
    auto ignored = std::error_code{};
    std::filesystem::remove_all(directory, ignored);
  }

  /// Longer than anything takes, so that a test fails instead of hanging.
  static constexpr auto patience = std::chrono::seconds{100};

  /// The answer of an actor.
  template <class Answer, class Handle, class Message>
  result<Answer> ask(const Handle& whom, const Message& what) {
    return receive<Answer>(self->request(whom, patience, what));
  }

  /// The answer to a request that was sent before.
  template <class Answer, class Pending>
  static result<Answer> receive(Pending pending) {
    auto out = std::optional<result<Answer>>{};
    auto failed = [&out](caf::error& x) { out.emplace(to_core(x)); };
    if constexpr (std::is_void_v<Answer>)
      pending.receive([&out] { out.emplace(); }, failed);
    else
      pending.receive([&out](const Answer& x) { out.emplace(x); }, failed);
    return *std::move(out);
  }

  static std::string bytes_of(const path& file) {
    auto in = std::ifstream{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }

  static void put(const path& file, const std::string& bytes) {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream{file, std::ios::binary} << bytes;
  }

  static unsigned mode_of(const path& file) {
    auto mode = std::filesystem::status(file).permissions();
    return static_cast<unsigned>(mode);
  }

  path directory;
  cafx::io_thread io;
  cafx::io_thread file_io;
  cafx::system_config<> settings;
  caf::actor_system system{settings};
  caf::scoped_actor self{system};
};

} // namespace cts
