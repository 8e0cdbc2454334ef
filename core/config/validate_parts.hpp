#pragma once

#include "core/config/validate.hpp"

// What the files of `validate` share; nobody else includes this.

namespace cts::config {

void validate_driver(const candidate& x, report& to);
void validate_tasks(const candidate& x, report& to);
void validate_dynamic_values(const candidate& x, report& to);
void validate_server_tls(const candidate& x, report& to);
void validate_consul(const candidate& x, report& to);
void validate_high_availability(const candidate& x, report& to);
void validate_logging(const candidate& x, report& to);

/// Is it a version of Terraform that may be installed? Errors: the texts of
/// spec configuration, 1.7.
result<void> check_version(const std::string& version, bool any_release);

/// Is it an absolute URL? Errors: the reason in Go's words.
result<void> check_url(std::string_view text);

} // namespace cts::config
