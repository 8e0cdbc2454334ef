#include "core/config/show_section.hpp"

#include <algorithm>

namespace cts::config {

namespace {

/// What stands behind an argument that we filled in ourselves.
origin origin_of_filled_in(const std::string& name) {
  constexpr std::pair<const char*, const char*> sources[] = {
    {"address", "consul.address"},    {"path", "consul.kv_path"},
    {"scheme", "consul.tls.enabled"}, {"ca_file", "consul.tls.ca_cert"},
    {"cert_file", "consul.tls.cert"}, {"key_file", "consul.tls.key"},
  };
  for (const auto& [argument, source] : sources)
    if (name == argument)
      return derived_from(source);
  return {};
}

// Arguments of backends may hold credentials: what is written in the files is
// not shown.
void show_backend(section& to, const backend& x) {
  const auto* written = to.from().any("backend");
  const auto* chosen = written == nullptr || written->members.empty()
                         ? nullptr
                         : &written->members.front();
  static const auto nothing = block{};
  auto inner = to.inside(to.path() + ".backend." + x.type, nothing);
  auto where = to.is_set("backend") ? to.from().place_of("backend") : place{};
  for (const auto& [name, argument] : x.arguments) {
    const auto* own = chosen == nullptr ? nullptr : chosen->value.find(name);
    if (own != nullptr) {
      inner.add_masked(name, to.origin_at({where.file, own->where}));
      continue;
    }
    if (const auto* text = std::get_if<std::string>(&argument.data))
      inner.add(name, *text, origin_of_filled_in(name));
    else
      inner.add(name, argument == value{true}, origin_of_filled_in(name));
  }
  to.add("backend", {x.type}, std::move(inner));
}

} // namespace

void show_terraform(section& to, const terraform_driver& x) {
  auto path = x.path_configured ? to.origin_of("path")
                                : derived_from("the working directory");
  to.add("path", x.path, path);
  to.add("version", x.version);
  to.add("version_constraint", x.version_constraint);
  to.add("install", x.install);
  to.add("releases_url", x.releases_url);
  to.add("binary", x.binary);
  to.add("plugin_cache_dir", x.plugin_cache_dir);
  to.add("log", x.log);
  to.add("persist_log", x.persist_log);
  to.add("log_level", x.log_level);
  to.add("progress", x.progress);
  to.add("parallelism", x.parallelism);
  to.add("classic_commands", x.classic_commands);
  to.add("init_timeout", x.init_timeout);
  to.add("validate_timeout", x.validate_timeout);
  to.add("plan_timeout", x.plan_timeout);
  to.add("apply_timeout", x.apply_timeout);
  to.add("lock_wait", x.lock_wait);
  to.add("steal_locks_after", x.steal_locks_after);
  to.add("cancel_grace", x.cancel_grace);
  to.add("detach", x.detach);
  to.add("migrate", x.migrate);
  to.add_values("required_providers", x.required_providers, false);
  show_backend(to, x.backend);
}

} // namespace cts::config
