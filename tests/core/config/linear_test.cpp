#include "core/config/load.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <new>

// Work must grow with the size of a file and not faster, whatever is in it.
// Work is counted in bytes allocated, which is the same with each run; what
// searches without allocating is seen in bench/hcl_bench.

namespace {

std::size_t bytes_allocated = 0;

} // namespace

// Inlined, new and free would look like a mistake to the compiler.
[[gnu::noinline]] void* operator new(std::size_t size) {
  bytes_allocated += size;
  if (auto* found = std::malloc(size))
    return found;
  throw std::bad_alloc{};
}

// Libraries ask in this way, too, and give back with the operators below.
[[gnu::noinline]] void* operator new(std::size_t size,
                                     const std::nothrow_t&) noexcept {
  bytes_allocated += size;
  return std::malloc(size);
}

[[gnu::noinline]] void operator delete(void* x) noexcept {
  std::free(x);
}

[[gnu::noinline]] void operator delete(void* x, std::size_t) noexcept {
  std::free(x);
}

namespace cts::config {
namespace {

struct hostile_file {
  const char* what;
  const char* name;
  /// A file of so many parts.
  std::function<std::string(std::size_t count)> write;
};

std::string repeated(std::size_t count,
                     const std::function<std::string(std::string)>& part) {
  auto text = std::string{};
  for (auto i = std::size_t{0}; i < count; ++i)
    text += part(std::to_string(i));
  return text;
}

std::function<std::string(std::size_t)> many(const char* before,
                                             const char* behind) {
  return [=](std::size_t count) {
    return repeated(count, [=](auto i) { return before + i + behind; });
  };
}

std::string task_text(const std::string& inside) {
  return "task { name = \"a\" module = \"m\" " + inside + " }";
}

const hostile_file hostile_files[] = {
  {"unknown keys", "x.hcl", many("key_", " = 1\n")},
  {"unknown keys in one line", "x.hcl", many("key_", " = \"x\" ")},
  {"unknown keys in JSON", "x.json",
   [](std::size_t count) {
     return "{" + many("\"key_", "\": 1,")(count) + "\"x\": 1}";
   }},
  {"wrong types", "x.hcl", many("task { name = [1, 2] version = \"", "\" }\n")},
  {"unknown keys of conditions", "x.hcl",
   many("task { condition \"services\" { nmaes_", " = 1 } }\n")},
  {"unknown conditions", "x.hcl", many("task { condition \"srv", "\" {} }\n")},
  {"a key repeated", "x.hcl", many("port = ", "\n")},
  {"one block repeated", "x.hcl", many("consul { address = \"a", "\" }\n")},
  {"tasks of one name", "x.hcl",
   many("task { name = \"a\" module = \"m\" version = \"", "\" }\n")},
  {"backends", "x.hcl",
   [](std::size_t count) {
     return "driver \"terraform\" {\n"
            + many("backend \"consul\" { a", " = 1 }\n")(count) + "}";
   }},
  {"required providers", "x.hcl",
   [](std::size_t count) {
     return "driver \"terraform\" {\n"
            + many("required_providers { a", " = 1 }\n")(count) + "}";
   }},
  {"arguments of a provider", "x.hcl",
   [](std::size_t count) {
     return "terraform_provider \"a\" {\n"
            + many("b", " = \"s\" secret { c = 1 }\n")(count) + "}";
   }},
  {"warnings", "x.hcl", many("task { name = \"a", "\" module = \"m\" }\n")},
  {"interpolations", "x.hcl",
   [](std::size_t count) {
     return "id = \"" + many("${a", "} $${")(count) + "}}\"";
   }},
  {"a list", "x.hcl",
   [](std::size_t count) {
     return task_text("providers = [" + many("\"p", "\", ")(count) + "]");
   }},
  {"variables", "x.hcl",
   [](std::size_t count) {
     return task_text("variables {\n" + many("v", " = \"[1, 2][0]\"\n")(count)
                      + "}");
   }},
  {"wrong variables", "x.hcl",
   [](std::size_t count) {
     return task_text("variables {\n" + many("v", " = \"x.y\"\n")(count) + "}");
   }},
  {"comments", "x.hcl", many("# ", " /* \n")},
};

std::size_t work_of(const std::vector<source>& files) {
  auto before = bytes_allocated;
  auto outcome = load(files, {});
  return bytes_allocated - before;
}

TEST(LoadingProperty, TakesWorkInProportionToTheFile) {
  for (const auto& each : hostile_files) {
    auto work = [&](std::size_t count) {
      return static_cast<double>(work_of({{each.name, each.write(count)}}));
    };
    // Vectors grow by doubling, numbers get longer; squares would be 16.
    EXPECT_LT(work(16'000), 6 * work(4'000)) << each.what;
  }
}

TEST(LoadingProperty, TakesWorkInProportionToTheNumberOfFiles) {
  auto work = [](std::size_t count) {
    auto files = std::vector<source>{};
    for (auto i = std::size_t{0}; i < count; ++i)
      files.push_back({"x.hcl", "driver \"terraform\" { required_providers { a"
                                  + std::to_string(i) + " = 1 } }"});
    return static_cast<double>(work_of(files));
  };
  EXPECT_LT(work(4'000), 6 * work(1'000));
}

} // namespace
} // namespace cts::config
