#pragma once

#include "actors/contract.hpp"

/// Messages of the Terraform driver that the other parts need not know.
namespace cts {

/// The driver's own timer for repeating a command.
struct retry_command {};

CAFX_FIELDS(retry_command)

} // namespace cts

CAF_BEGIN_TYPE_ID_BLOCK(cts_terraform, caf::first_custom_type_id + 200)

CAF_ADD_TYPE_ID(cts_terraform, (cts::retry_command))

CAF_END_TYPE_ID_BLOCK(cts_terraform)
