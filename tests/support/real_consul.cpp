#include "tests/support/real_consul.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>

#include <curl/curl.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <future>
#include <memory>
#include <sstream>
#include <stdexcept>

namespace cts {

namespace {

namespace fs = std::filesystem;

/// Free ports; another process may be quicker, so a start may have to be
/// repeated.
template <std::size_t Count>
std::array<int, Count> free_ports() {
  auto sockets = std::array<int, Count>{};
  auto ports = std::array<int, Count>{};
  for (auto i = std::size_t{0}; i < Count; ++i) {
    sockets[i] = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto address = sockaddr_in{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto size = socklen_t{sizeof address};
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (bind(sockets[i], generic, size) != 0
        || getsockname(sockets[i], generic, &size) != 0)
      throw std::runtime_error{"no free port for Consul"};
    ports[i] = ntohs(address.sin_port);
  }
  for (auto one : sockets)
    close(one);
  return ports;
}

fs::path make_folder() {
  auto name = (fs::temp_directory_path() / "cts-consul-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr)
    throw std::runtime_error{"no temporary folder for Consul"};
  return name;
}

/// Starts the program with its output in a pipe; the pipe's reading end.
int spawn(const std::vector<std::string>& arguments, const fs::path& folder,
          pid_t& process) {
  auto argv = std::vector<char*>{};
  for (const auto& one : arguments)
    argv.push_back(const_cast<char*>(one.c_str()));
  argv.push_back(nullptr);
  auto ends = std::array<int, 2>{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0)
    throw std::runtime_error{"no pipe for Consul"};
  process = fork();
  if (process == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (chdir(folder.c_str()) != 0)
      _exit(126);
    dup2(ends[1], STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    execv(argv.front(), argv.data());
    _exit(127);
  }
  close(ends[1]);
  return ends[0];
}

/// Collects the output until its end, and tells when the agent is ready or has
/// ended before.
std::string read_output(int from, std::promise<bool> ready) {
  auto out = std::string{};
  auto chunk = std::array<char, 4096>{};
  auto told = false;
  for (;;) {
    auto count = read(from, chunk.data(), chunk.size());
    if (count <= 0)
      break;
    out.append(chunk.data(), static_cast<std::size_t>(count));
    if (!told && out.find("agent: Synced node info") != std::string::npos) {
      told = true;
      ready.set_value(true);
    }
  }
  if (!told)
    ready.set_value(false);
  close(from);
  return out;
}

std::size_t append(char* bytes, std::size_t size, std::size_t count, void* to) {
  static_cast<std::string*>(to)->append(bytes, size * count);
  return size * count;
}

} // namespace

std::optional<std::string> real_consul::find() {
  if (const auto* named = std::getenv("CTS_CONSUL"))
    return named;
  const auto* path = std::getenv("PATH");
  auto folders = std::istringstream{path != nullptr ? path : ""};
  for (auto folder = std::string{}; std::getline(folders, folder, ':');) {
    auto program = folder + "/consul";
    if (access(program.c_str(), X_OK) == 0)
      return program;
  }
  return std::nullopt;
}

real_consul::real_consul(const std::string& program,
                         real_consul_options options)
  : program_(program), options_(options), folder_(make_folder()) {
  constexpr auto tries_max = 3;
  fs::create_directory(folder_ / "config");
  if (options_.tls)
    make_certificates();
  for (auto i = 0; i < tries_max; ++i)
    if (launch())
      return;
  fs::remove_all(folder_);
  throw std::runtime_error{"Consul did not start: " + output_};
}

real_consul::~real_consul() {
  kill();
  fs::remove_all(folder_);
}

bool real_consul::launch() {
  ports_ = free_ports<5>();
  write_configuration();
  return start_process();
}

void real_consul::restart() {
  if (!start_process())
    throw std::runtime_error{"Consul did not start again: " + output_};
}

bool real_consul::start_process() {
  auto arguments = std::vector<std::string>{
    program_,    "agent",       "-dev",
    "-node",     "real",        "-bind",
    "127.0.0.1", "-log-level",  "info",
    "-dns-port", "-1",          "-grpc-port",
    "-1",        "-config-dir", (folder_ / "config").string()};
  constexpr auto flags = std::array{"-http-port", "-server-port",
                                    "-serf-lan-port", "-serf-wan-port"};
  for (auto i = std::size_t{0}; i < flags.size(); ++i) {
    arguments.emplace_back(flags[i]);
    arguments.push_back(std::to_string(ports_[i]));
  }
  auto from = spawn(arguments, folder_, process_);
  auto ready = std::promise<bool>{};
  auto is_ready = ready.get_future();
  reader_ = std::thread{[this, from, told = std::move(ready)]() mutable {
    output_ = read_output(from, std::move(told));
  }};
  if (is_ready.get())
    return true;
  kill();
  return false;
}

void real_consul::make_certificates() const {
  for (const auto& arguments : std::vector<std::vector<std::string>>{
         {program_, "tls", "ca", "create"},
         {program_, "tls", "cert", "create", "-server", "-dc", "dc1"}}) {
    auto process = pid_t{-1};
    auto from = spawn(arguments, folder_, process);
    auto said = read_output(from, std::promise<bool>{});
    auto status = 0;
    waitpid(process, &status, 0);
    if (status != 0)
      throw std::runtime_error{"no certificates for Consul: " + said};
  }
}

void real_consul::write_configuration() const {
  auto out = std::ofstream{folder_ / "config" / "agent.hcl"};
  out << "addresses { http = \"127.0.0.1 unix://" << socket() << "\" }\n";
  if (!options_.session_ttl_min.empty())
    out << "session_ttl_min = \"" << options_.session_ttl_min << "\"\n";
  if (!options_.root_token.empty())
    out << "acl {\n  enabled = true\n  default_policy = \"deny\"\n"
        << "  tokens {\n    master = \"" << options_.root_token
        << "\"\n    agent = \"" << options_.root_token << "\"\n  }\n}\n";
  if (options_.tls)
    out << "ports { https = " << ports_[4] << " }\n"
        << "ca_file = \"" << ca_file() << "\"\n"
        << "cert_file = \"" << (folder_ / "dc1-server-consul-0.pem").string()
        << "\"\nkey_file = \""
        << (folder_ / "dc1-server-consul-0-key.pem").string() << "\"\n";
}

std::string real_consul::tls_address() const {
  return "127.0.0.1:" + std::to_string(ports_[4]);
}

std::string real_consul::ca_file() const {
  return (folder_ / "consul-agent-ca.pem").string();
}

std::string real_consul::socket() const {
  return (folder_ / "http.sock").string();
}

std::string real_consul::address() const {
  return "127.0.0.1:" + std::to_string(ports_[0]);
}

std::string real_consul::ask(const std::string& method,
                             const std::string& target,
                             const std::string& body) {
  auto easy = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>{
    curl_easy_init(), &curl_easy_cleanup};
  auto out = std::string{};
  auto url = "http://" + address() + target;
  curl_easy_setopt(easy.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT, 30L);
  curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, &append);
  curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &out);
  if (method != "GET") {
    curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDSIZE,
                     static_cast<long>(body.size()));
    curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDS, body.c_str());
    curl_easy_setopt(easy.get(), CURLOPT_CUSTOMREQUEST, method.c_str());
  }
  auto token = "X-Consul-Token: " + options_.root_token;
  auto fields = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>{
    options_.root_token.empty() ? nullptr
                                : curl_slist_append(nullptr, token.c_str()),
    &curl_slist_free_all};
  curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, fields.get());
  auto code = curl_easy_perform(easy.get());
  auto status = 0L;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  if (code != CURLE_OK || status != 200)
    throw std::runtime_error{method + " " + url + ": "
                             + curl_easy_strerror(code) + ": "
                             + std::to_string(status) + ": " + out};
  return out;
}

void real_consul::register_service(const test_service& x) {
  namespace json = boost::json;
  auto body = json::object{{"ID", x.id},
                           {"Name", x.name},
                           {"Address", x.address},
                           {"Port", x.port},
                           {"Tags", json::value_from(x.tags)},
                           {"Check", json::object{{"CheckID", x.id + "-check"},
                                                  {"Name", "test"},
                                                  {"TTL", "24h"},
                                                  {"Status", x.status}}}};
  ask("PUT", "/v1/agent/service/register", json::serialize(body));
}

void real_consul::deregister_service(const std::string& id) {
  ask("PUT", "/v1/agent/service/deregister/" + id);
}

void real_consul::set_check(const std::string& service_id,
                            const std::string& verb) {
  ask("PUT", "/v1/agent/check/" + verb + "/" + service_id + "-check");
}

void real_consul::put_key(const std::string& key, const std::string& value) {
  ask("PUT", "/v1/kv/" + key, value);
}

void real_consul::delete_key(const std::string& key) {
  ask("DELETE", "/v1/kv/" + key);
}

void real_consul::stop() {
  end(SIGINT);
}

void real_consul::kill() {
  end(SIGKILL);
}

void real_consul::end(int signal) {
  if (process_ < 0)
    return;
  ::kill(process_, signal);
  waitpid(process_, nullptr, 0);
  process_ = -1;
  reader_.join();
}

} // namespace cts
