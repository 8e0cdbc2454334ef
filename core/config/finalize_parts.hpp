#pragma once

#include "core/config/block.hpp"
#include "core/config/report.hpp"
#include "core/hcl/evaluate.hpp"

#include <initializer_list>

// What the files of `finalize` share; nobody else includes this.

namespace cts::config {

/// The block nested in `outer`, or an empty one.
const block& nested(const block& outer, std::string_view name);

/// The first of the environment variables that is set and not blank, trimmed.
std::optional<std::string> variable(const surroundings& around,
                                    std::initializer_list<const char*> names);

/// A boolean variable; text that is no boolean counts as unset.
std::optional<bool> boolean_variable(const surroundings& around,
                                     const char* name);

/// Without white space at both ends.
std::string trimmed(std::string_view text);

/// Overwrites `to` if the block sets `name`.
void assign(std::string& to, const block& from, std::string_view name);
void assign(bool& to, const block& from, std::string_view name);
void assign(int& to, const block& from, std::string_view name);
void assign(nanoseconds& to, const block& from, std::string_view name);
void assign(std::optional<bool>& to, const block& from, std::string_view name);
void assign(std::optional<int>& to, const block& from, std::string_view name);
void assign(std::optional<nanoseconds>& to, const block& from,
            std::string_view name);

/// Names of environment variables that stand in for fields of a TLS block.
struct tls_variables {
  const char* ca_cert = nullptr;
  const char* ca_path = nullptr;
  const char* cert = nullptr;
  const char* key = nullptr;
  const char* server_name = nullptr;
};

/// TLS of a connection that we open. `enabled` is decided by the files alone.
client_tls finalize_tls(const block& from, const surroundings& around,
                        const tls_variables& names);

consul finalize_consul(const block& from, const surroundings& around,
                       report& to);
vault finalize_vault(const block& from, const surroundings& around, report& to);

/// The Terraform driver; `root` is the whole configuration.
terraform_driver finalize_terraform(const block& root, const consul& agent,
                                    const surroundings& around);
terraform_cloud_driver finalize_cloud(const block& from,
                                      const surroundings& around, report& to);

/// What a task block says, with defaults from the settings known so far.
task finalize_task(const block& from, const settings& known, report& to);

/// What the variables of all tasks are read with.
struct variable_source {
  const surroundings& around;
  hcl::loop_budget loops{};
};

/// The values of `variables` and `variable_files` of a task.
object finalize_variables(const block& from, variable_source& with, report& to);

/// The same for a task on its own.
inline object finalize_variables(const block& from, const surroundings& around,
                                 report& to) {
  auto alone = variable_source{.around = around};
  return finalize_variables(from, alone, to);
}

/// The provider of a `terraform_provider` block. Errors: the texts of spec
/// configuration, 2.10.
result<terraform_provider> provider_of(const hcl::node& from);

/// A value without a schema. A block given once is an object, a list written
/// in brackets stays a list.
value value_of(const hcl::node& from);
object object_of(const hcl::node& from);

/// `a//b/../c` as `a/c`, Go's `path.Clean`.
std::string clean_path(std::string_view path);

/// A quiet time with `max` raised to `min` if it is below; off: both zero.
buffer_period resolved(buffer_period x);

} // namespace cts::config
