#pragma once

#include "actors/contract.hpp"
#include "actors/errors.hpp"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace cts::terraform {

/// The files of one task, for the state of an actor. What fails is told to one
/// function, whatever was asked for.
class task_directory {
public:
  /// `path` is absolute.
  task_directory(files_actor files, std::string path,
                 std::function<void(error)> fail)
    : files_(std::move(files)), path_(std::move(path)), fail_(std::move(fail)) {
  }

  const std::string& path() const { return path_; }
  std::string path_of(const std::string& file) const {
    return path_ + '/' + file;
  }

  template <class Self, class Then>
  void write(Self self, std::vector<file_content> files, Then then) const {
    auto order = write_files{.directory = path_, .files = std::move(files)};
    self->request(files_, deadline, std::move(order))
      .then([then](const files_written& done) { then(done); }, failing());
  }

  /// `then` gets absolute paths back as they were given.
  template <class Self, class Then>
  void read(Self self, std::vector<std::string> paths, Then then) const {
    self->request(files_, deadline, read_files{std::move(paths)})
      .then([then](const files_read& found) { then(found); }, failing());
  }

  template <class Self, class Then>
  void remove(Self self, std::vector<std::string> paths, Then then) const {
    self->request(files_, deadline, remove_files{std::move(paths)})
      .then([then] { then(); }, failing());
  }

private:
  static constexpr auto deadline = std::chrono::minutes{1};

  std::function<void(caf::error&)> failing() const {
    return [fail = fail_](caf::error& reason) { fail(to_core(reason)); };
  }

  files_actor files_;
  std::string path_;
  std::function<void(error)> fail_;
};

} // namespace cts::terraform
