#include "tests/failover/hosts.hpp"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cts::failover {

namespace {

bool succeeds(const std::string& command) {
  return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
}

void must(const std::string& command) {
  if (!succeeds(command))
    throw std::runtime_error{"this failed: " + command};
}

bool write_text(const std::string& file, const std::string& text) {
  auto out = std::ofstream{file};
  out << text << std::flush;
  return static_cast<bool>(out);
}

/// Who is not root may be root of a network that only he sees.
bool become_root() {
  const auto user = ::getuid();
  const auto group = ::getgid();
  if (user == 0)
    return true;
  return ::unshare(CLONE_NEWUSER) == 0
         && write_text("/proc/self/setgroups", "deny")
         && write_text("/proc/self/uid_map",
                       "0 " + std::to_string(user) + " 1\n")
         && write_text("/proc/self/gid_map",
                       "0 " + std::to_string(group) + " 1\n");
}

/// The names of namespaces lie in a folder that only we see.
bool enter_network() {
  constexpr auto names = "/run/netns";
  if (!succeeds("ip -V") || !become_root()
      || ::unshare(CLONE_NEWNET | CLONE_NEWNS) != 0
      || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    return false;
  if (::mkdir(names, 0755) == 0)
    return succeeds("ip link set lo up");
  return ::mount("names", names, "tmpfs", 0, nullptr) == 0
         && succeeds("ip link set lo up");
}

std::string name_of(int host) {
  return "host" + std::to_string(host);
}

} // namespace

host_network::host_network(int count) {
  // A process can enter but once; a second network would need the first gone.
  static const auto entered = enter_network();
  if (!entered)
    return;
  static auto ready = 0;
  if (ready == 0)
    must("ip link add cable type bridge && ip addr add 10.77.0.254/24 dev "
         "cable && ip link set cable up");
  for (; ready < count; ++ready) {
    auto name = name_of(ready);
    auto inside = "ip -n " + name + " ";
    must("ip netns add " + name);
    must("ip link add " + name + " type veth peer name eth0 netns " + name);
    must("ip link set " + name + " master cable up");
    must(inside + "addr add " + "10.77.0." + std::to_string(ready + 1)
         + "/24 dev eth0");
    must(inside + "link set eth0 up && " + inside + "link set lo up");
  }
  real_ = true;
}

std::string host_network::address(int host) const {
  return real_ ? "10.77.0." + std::to_string(host + 1) : "127.0.0.1";
}

std::vector<std::string> host_network::entry(int host) const {
  if (!real_)
    return {};
  return {"nsenter", "--net=/run/netns/" + name_of(host)};
}

void host_network::cut(int host) const {
  must("ip link set " + name_of(host) + " down");
}

void host_network::join(int host) const {
  must("ip link set " + name_of(host) + " up");
}

} // namespace cts::failover
