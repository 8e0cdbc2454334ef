#pragma once

#include <sys/types.h>

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace cts {

/// A service of the agent with one check that never runs out.
struct test_service {
  std::string id{};
  std::string name{};
  std::string address{};
  int port = 80;
  std::vector<std::string> tags{};
  /// Of the check `<id>-check`.
  std::string status = "passing";
};

struct real_consul_options {
  /// Serve HTTPS besides, with a certificate for `localhost`, `127.0.0.1` and
  /// `server.dc1.consul`.
  bool tls = false;
  /// The lowest TTL of a session, as Go writes durations. Empty: 10 s.
  std::string session_ttl_min{};
  /// Deny everything to whoever has not this token. Empty: no ACLs.
  std::string root_token{};
};

/// A real Consul agent in dev mode, on ports that the kernel chose and in a
/// temporary folder of its own. It ends with the object.
class real_consul {
public:
  /// The program: `$CTS_CONSUL`, else `consul` on the PATH. Tests without one
  /// are skipped.
  static std::optional<std::string> find();

  /// Returns when the agent has a leader and is in its own catalog. Throws
  /// std::runtime_error with the agent's output if it does not come up.
  explicit real_consul(const std::string& program,
                       real_consul_options options = {});
  ~real_consul();
  real_consul(const real_consul&) = delete;
  real_consul& operator=(const real_consul&) = delete;

  /// `127.0.0.1:port`.
  std::string address() const;

  /// `127.0.0.1:port` of HTTPS, and the CA to trust; only with TLS.
  std::string tls_address() const;
  std::string ca_file() const;

  /// The path of a Unix socket that the agent serves HTTP on.
  std::string socket() const;

  void register_service(const test_service& x);
  void deregister_service(const std::string& id);
  /// `pass`, `warn` or `fail` the check of the service.
  void set_check(const std::string& service_id, const std::string& verb);
  void put_key(const std::string& key, const std::string& value);
  void delete_key(const std::string& key);

  /// The body of the answer; asks with the root token. Throws
  /// std::runtime_error if there is none or its status is not 200.
  std::string ask(const std::string& method, const std::string& target,
                  const std::string& body = {});

  /// Starts the agent again after its end, on the same ports and without data.
  void restart();

  /// Ends the agent gracefully, or by SIGKILL, and waits for its end.
  void stop();
  void kill();

private:
  bool launch();
  bool start_process();
  void end(int signal);
  void make_certificates() const;
  void write_configuration() const;

  std::string program_;
  real_consul_options options_;
  std::filesystem::path folder_;
  /// HTTP, server, two of Serf, HTTPS.
  std::array<int, 5> ports_{};
  pid_t process_ = -1;
  std::string output_;
  std::thread reader_;
};

} // namespace cts
