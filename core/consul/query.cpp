#include "core/consul/query.hpp"

#include "core/consul/catalog.hpp"
#include "core/consul/health.hpp"
#include "core/consul/kv.hpp"

#include <string_view>

namespace cts::consul {

namespace {

result<request> bare_request_for(const dependency& x) {
  switch (x.what) {
    case dependency::kind::service:
      if (x.name.empty())
        return fail(errc::configuration,
                    "health.service: service name required");
      return health_request(x);
    case dependency::kind::catalog_services: return catalog_request(x);
    case dependency::kind::kv_key:
    case dependency::kind::kv_prefix: break;
  }
  return kv_request(x);
}

template <class T>
result<snapshot> as_snapshot(const dependency& what, result<T> decoded) {
  if (decoded)
    return snapshot{.data = *std::move(decoded)};
  return fail(errc::malformed, "cannot understand Consul's answer to ",
              to_string(what), ": ", decoded.error().message);
}

bool is_kv(const dependency& x) {
  return x.what == dependency::kind::kv_key
         || x.what == dependency::kind::kv_prefix;
}

} // namespace

result<request> request_for(const dependency& x) {
  auto out = bare_request_for(x);
  if (!out)
    return out;
  if (!x.datacenter.empty())
    out->query.emplace("dc", x.datacenter);
  if (!x.ns.empty())
    out->query.emplace("ns", x.ns);
  return out;
}

result<snapshot> decode(const dependency& x, const reply& answer) {
  if (is_kv(x) && answer.status == 404)
    return snapshot{.data = kv_pairs{}};
  if (answer.status != 200)
    return fail(errc::refused, to_string(x), ": ", describe_failure(answer));
  switch (x.what) {
    case dependency::kind::service:
      return as_snapshot(x, decode_instances(answer.body));
    case dependency::kind::catalog_services:
      return as_snapshot(x, decode_catalog(answer.body));
    case dependency::kind::kv_key:
    case dependency::kind::kv_prefix: break;
  }
  return as_snapshot(x, decode_pairs(answer.body));
}

bool is_permanent(const reply& answer) {
  if (answer.status == 400 || answer.status == 403)
    return true;
  auto body = std::string_view{answer.body};
  auto says = [body](std::string_view text) {
    return body.find(text) != std::string_view::npos;
  };
  return answer.status == 500
         && (says("boolean expression evaluator")
             || says("No path to datacenter"));
}

} // namespace cts::consul
