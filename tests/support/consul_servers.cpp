#include "tests/support/consul_servers.hpp"

#include <boost/json/parse.hpp>

#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <stdexcept>

namespace cts::test {

namespace {

namespace json = boost::json;

std::size_t append(char* bytes, std::size_t size, std::size_t count, void* to) {
  static_cast<std::string*>(to)->append(bytes, size * count);
  return size * count;
}

std::size_t note_header(char* bytes, std::size_t size, std::size_t count,
                        void* to) {
  constexpr auto name = std::string_view{"X-Consul-Index: "};
  auto line = std::string_view{bytes, size * count};
  if (line.starts_with(name))
    static_cast<http_answer*>(to)->index
      = std::stoull(std::string{line.substr(name.size())});
  return size * count;
}

std::string decode_base64(std::string_view text) {
  constexpr auto alphabet = std::string_view{
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"};
  auto out = std::string{};
  auto bits = 0U;
  auto count = 0;
  for (auto c : text) {
    auto digit = alphabet.find(c);
    if (digit == alphabet.npos)
      break;
    bits = bits << 6U | static_cast<unsigned>(digit);
    if ((count += 6) >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> static_cast<unsigned>(count) & 0xffU);
    }
  }
  return out;
}

} // namespace

std::vector<int> free_ports(int count) {
  auto sockets = std::vector<int>{};
  auto ports = std::vector<int>{};
  for (auto i = 0; i < count; ++i) {
    sockets.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    auto address = sockaddr_in{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto size = socklen_t{sizeof address};
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(sockets.back(), generic, size) != 0
        || ::getsockname(sockets.back(), generic, &size) != 0)
      throw std::runtime_error{"no free port for Consul"};
    ports.push_back(ntohs(address.sin_port));
  }
  for (auto one : sockets)
    ::close(one);
  return ports;
}

http_answer exchange(const std::string& method, const std::string& url,
                     const std::string& body) {
  auto easy = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>{
    curl_easy_init(), &curl_easy_cleanup};
  auto out = http_answer{};
  curl_easy_setopt(easy.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT, 60L);
  curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, &append);
  curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &out.body);
  curl_easy_setopt(easy.get(), CURLOPT_HEADERFUNCTION, &note_header);
  curl_easy_setopt(easy.get(), CURLOPT_HEADERDATA, &out);
  if (method != "GET") {
    curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDSIZE,
                     static_cast<long>(body.size()));
    curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDS, body.c_str());
    curl_easy_setopt(easy.get(), CURLOPT_CUSTOMREQUEST, method.c_str());
  }
  auto fields = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>{
    curl_slist_append(nullptr, "Content-Type: application/json"),
    &curl_slist_free_all};
  curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, fields.get());
  auto status = 0L;
  if (curl_easy_perform(easy.get()) == CURLE_OK)
    curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  out.status = static_cast<int>(status);
  return out;
}

consul_servers::consul_servers(const std::string& program,
                               consul_servers_options options)
  : program_(program), options_(std::move(options)) {
  // Another process may take a port first, so a start may have to be repeated.
  for (auto tries = 0; tries < 3; ++tries) {
    nodes_.clear();
    auto ports = free_ports(3 * options_.servers);
    for (auto i = 0; i < options_.servers; ++i) {
      auto first = static_cast<std::size_t>(3 * i);
      nodes_.push_back({.http = ports[first],
                        .rpc = ports[first + 1],
                        .lan = ports[first + 2]});
    }
    for (auto i = 0; i < options_.servers; ++i)
      start(i);
    if (await_leader())
      return;
  }
  throw std::runtime_error{"Consul's servers found no leader"};
}

void consul_servers::start(int server) {
  auto& x = nodes_[static_cast<std::size_t>(server)];
  auto name = "server-" + std::to_string(server);
  auto config
    = "performance { raft_multiplier = 1 }\nports { dns = -1 grpc = -1 "
      "serf_wan = -1 http = "
      + std::to_string(x.http) + " server = " + std::to_string(x.rpc)
      + " serf_lan = " + std::to_string(x.lan) + " }\nretry_join = [";
  for (const auto& peer : gossip_addresses())
    config += "\"" + peer + "\", ";
  config += "]\nretry_interval = \"500ms\"\nlimits { http_max_conns_per_client "
            "= 1000 }\n"
            + options_.configuration;
  folder_.write(name + ".hcl", config);
  auto folder = folder_.path() / name;
  std::filesystem::create_directories(folder);
  auto log = (folder_.path() / (name + ".log")).string();
  // Nobody reads its output while it runs, so it goes to a file.
  auto command
    = "exec " + program_ + " agent -server -node " + name + " -bind "
      + options_.bind + " -bootstrap-expect " + std::to_string(options_.servers)
      + " -data-dir " + folder.string() + " -config-file "
      + (folder_.path() / (name + ".hcl")).string() + " >>" + log + " 2>&1";
  x.process = std::make_unique<child_daemon>(
    daemon_options{.program = "/bin/sh", .arguments = {"-c", command}});
}

// The servers answer this at once, leader or not; until they listen, the
// connection is refused.
bool consul_servers::await_leader() {
  auto limit = std::chrono::steady_clock::now() + std::chrono::seconds{30};
  while (std::chrono::steady_clock::now() < limit) {
    auto led = 0;
    for (auto i = 0; i < count(); ++i)
      if (exchange("GET", "http://" + address(i) + "/v1/status/leader")
            .body.size()
          > 4)
        ++led;
    auto first
      = nodes_.front().process->wait_for_exit(std::chrono::milliseconds{50});
    if (led == count())
      return true;
    if (first)
      return false;
  }
  return false;
}

std::string consul_servers::address(int server) const {
  return "127.0.0.1:"
         + std::to_string(nodes_[static_cast<std::size_t>(server)].http);
}

std::vector<std::string> consul_servers::gossip_addresses() const {
  auto out = std::vector<std::string>{};
  for (const auto& x : nodes_)
    out.push_back(options_.bind + ':' + std::to_string(x.lan));
  return out;
}

int consul_servers::leader() {
  auto limit = std::chrono::steady_clock::now() + std::chrono::seconds{30};
  while (std::chrono::steady_clock::now() < limit)
    for (auto i = 0; i < count(); ++i) {
      auto& x = nodes_[static_cast<std::size_t>(i)];
      if (!x.answers())
        continue;
      auto said = exchange("GET", "http://" + address(i) + "/v1/status/leader");
      for (auto j = 0; said.status == 200 && j < count(); ++j)
        if (said.body.find(
              ':' + std::to_string(nodes_[static_cast<std::size_t>(j)].rpc)
              + '"')
            != std::string::npos)
          return j;
    }
  throw std::runtime_error{"Consul has no leader"};
}

void consul_servers::kill(int server) {
  nodes_[static_cast<std::size_t>(server)].process.reset();
}

void consul_servers::pause(int server) {
  nodes_[static_cast<std::size_t>(server)].paused = true;
  nodes_[static_cast<std::size_t>(server)].process->send_signal(SIGSTOP);
}

void consul_servers::resume(int server) {
  nodes_[static_cast<std::size_t>(server)].process->send_signal(SIGCONT);
  nodes_[static_cast<std::size_t>(server)].paused = false;
}

void consul_servers::restart(int server) {
  start(server);
}

std::string consul_servers::ask(const std::string& method,
                                const std::string& target,
                                const std::string& body) {
  for (auto i = 0; i < count(); ++i) {
    if (!nodes_[static_cast<std::size_t>(i)].answers())
      continue;
    auto url = "http://" + address(i) + target;
    auto said = exchange(method, url, body);
    if (said.status != 200)
      throw std::runtime_error{method + " " + url + ": "
                               + std::to_string(said.status) + ": "
                               + said.body};
    return said.body;
  }
  throw std::runtime_error{"no server of Consul is left"};
}

consul_servers::entry consul_servers::key(const std::string& name,
                                          std::uint64_t index,
                                          const std::string& wait) {
  auto alive
    = std::ranges::find_if(nodes_, [](const node& x) { return x.answers(); });
  auto url
    = "http://127.0.0.1:" + std::to_string(alive->http) + "/v1/kv/" + name;
  if (index > 0)
    url += "?index=" + std::to_string(index) + "&wait=" + wait;
  auto said = exchange("GET", url);
  auto out = entry{.index = said.index};
  if (said.status != 200)
    return out;
  const auto parsed = json::parse(said.body);
  const auto& pair = parsed.at(0).as_object();
  if (pair.at("Value").is_string())
    out.value = decode_base64(pair.at("Value").as_string());
  else
    out.value = "";
  out.locked = pair.contains("Session");
  return out;
}

std::map<std::string, std::string>
consul_servers::keys(const std::string& prefix) {
  auto out = std::map<std::string, std::string>{};
  const auto parsed = json::parse(ask("GET", "/v1/kv/" + prefix + "?recurse"));
  for (const auto& each : parsed.as_array()) {
    const auto& value = each.at("Value");
    out[std::string{each.at("Key").as_string()}]
      = value.is_string() ? decode_base64(value.as_string()) : "";
  }
  return out;
}

void consul_servers::register_service(const std::string& name,
                                      const std::string& id) {
  ask("PUT", "/v1/agent/service/register",
      R"({"ID":")" + id + R"(","Name":")" + name
        + R"(","Address":"10.0.0.1","Port":80})");
}

} // namespace cts::test
