#pragma once

#include <string>
#include <vector>

/// Machines that are none: network namespaces of this one where it allows them,
/// else nothing but names.
namespace cts::failover {

/// Puts this process into a network of its own, with a bridge and a namespace
/// for each of `count` hosts. Call it before the process has threads. Without
/// the right to do so, or without the program `ip`, nothing changes.
class host_network {
public:
  explicit host_network(int count);

  /// Whether the hosts have networks of their own.
  bool is_real() const { return real_; }

  /// What this process and the servers of Consul are reached at.
  std::string outside() const { return real_ ? "10.77.0.254" : "127.0.0.1"; }

  /// What host `host` (from 0) is reached at from outside.
  std::string address(int host) const;

  /// The words that start a program on a host: none without namespaces.
  std::vector<std::string> entry(int host) const;

  /// Takes the cable of a host out, and puts it back in. Only for a real
  /// network.
  void cut(int host) const;
  void join(int host) const;

private:
  bool real_ = false;
};

} // namespace cts::failover
