#include "runtime/run_journal.hpp"

#include "actors/log.hpp"
#include "runtime/process_identity.hpp"

#include <sys/stat.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>

namespace cts {

namespace {

std::int64_t seconds_now() {
  using namespace std::chrono;
  auto now = system_clock::now().time_since_epoch();
  return duration_cast<seconds>(now).count();
}

bool lives(const terraform::run_record& x) {
  return !x.ended && x.boot_id == boot_id()
         && process_start(x.process_id) == x.process_start;
}

} // namespace

std::optional<terraform::run_record> run_journal::living() const {
  for (const auto& x : read())
    if (lives(x))
      return x;
  return std::nullopt;
}

void run_journal::note_start(std::int64_t process_id,
                             const std::string& command,
                             const std::string& job) const {
  auto records = read();
  records.push_back({.process_id = process_id,
                     .process_start = process_start(process_id).value_or(0),
                     .boot_id = boot_id(),
                     .host = host_name(),
                     .command = command,
                     .job = job,
                     .started = seconds_now()});
  write(records);
}

void run_journal::note_end(std::int64_t process_id, bool killed) const {
  auto records = read();
  if (records.empty() || records.back().process_id != process_id)
    return;
  records.back().ended = seconds_now();
  records.back().killed = killed;
  write(records);
}

terraform::run_records run_journal::read() const {
  if (folder_.empty())
    return {};
  auto in = std::ifstream{path(), std::ios::binary};
  auto text = std::string{std::istreambuf_iterator<char>{in}, {}};
  return terraform::decode_run_records(text);
}

void run_journal::write(const terraform::run_records& records) const {
  if (folder_.empty())
    return;
  // It need not survive the machine, so nothing waits for the disk.
  auto temporary = path() + ".new";
  auto out = std::ofstream{temporary, std::ios::binary};
  out << terraform::encode_run_records(records);
  out.close();
  ::chmod(temporary.c_str(), 0600); // like the run files beside it
  if (!out || std::rename(temporary.c_str(), path().c_str()) != 0)
    log::warn("process_runner", "cannot remember a process",
              {{"path", path()}});
}

} // namespace cts
