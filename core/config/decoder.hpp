#pragma once

#include "core/config/block.hpp"
#include "core/config/schema.hpp"

#include <string>
#include <vector>

namespace cts::config {

/// Which of the two languages a file is written in decides on details.
enum class dialect : std::uint8_t {
  /// Lists of one element stand for the element.
  hcl,
  /// The same, but an object with several labels is several blocks.
  hcl_json,
  json,
};

/// Gives the untyped values of one file their types. What does not fit is
/// collected, and decoding goes on.
class decoder {
public:
  struct problem {
    /// The reference's text.
    std::string message{};
    place where{};
    std::string hint{};
    /// Not empty: the path of a block that occurs more than once.
    std::string repeated{};
    /// Further mistakes that the text names, each with its place.
    // Without initializer: it would need the complete type (clang 14).
    std::vector<problem> further;
  };

  struct unknown_key {
    /// Dotted.
    std::string path{};
    std::string name{};
    place where{};
    /// What could stand there.
    schema fields{};
  };

  /// Hints are looked for as long as there are fewer problems: they take
  /// longer than the problem itself.
  static constexpr std::size_t hinted_max = 1000;

  decoder(dialect language, std::uint32_t file)
    : language_{language}, file_{file} {}

  /// Reads an object whose fields are known.
  block body(const hcl::node& from, schema fields, const std::string& path);

  std::vector<problem> problems{};
  std::vector<unknown_key> unknown_keys{};
  /// Accepted, but probably not what the author meant.
  std::vector<problem> warnings{};

private:
  using member = hcl::member;

  void read_field(block& to, const field& what, const member& from,
                  const std::string& path);
  void read_scalar(block& to, const field& what, const member& from,
                   const std::string& path);
  void read_block(block& to, const field& what, const member& from,
                  const std::string& path);
  void read_blocks(block& to, const field& what, const member& from,
                   const std::string& path);
  void read_texts(block& to, const field& what, const member& from,
                  const std::string& path);
  void read_text_map(block& to, const field& what, const member& from,
                     const std::string& path);
  void read_any_map(block& to, const field& what, const member& from,
                    const std::string& path);
  void read_condition(block& to, const field& what, const member& from,
                      const std::string& path);
  void read_module_inputs(block& to, const field& what, const member& from,
                          const std::string& path);
  void read_storage(block& to, const field& what, const member& from,
                    const std::string& path);

  /// The body of a labelled block; its problems become one about `path`.
  block labelled(const field& type, const member& from,
                 const std::string& path);
  void take_problems(decoder from, const std::string& path);
  std::size_t trouble() const { return problems.size() + unknown_keys.size(); }

  /// The elements of a list of blocks, however it is written.
  std::vector<const hcl::node*> elements(const member& from,
                                         const std::string& path);
  /// The objects that make up a map, or null after a problem.
  std::vector<const hcl::node*> objects(const hcl::node& from,
                                        const std::string& path, bool& right);

  const hcl::node& unwrap(const hcl::node& from) const;
  const hcl::node& unwrap_block(const hcl::node& from) const;
  place at(const hcl::span& where) const { return {file_, where}; }
  bool wants_hints() const { return problems.size() < hinted_max; }
  void expect_a_map(const hcl::node& got, const std::string& path);
  void add(std::string message, const hcl::span& where, std::string hint = {});

  dialect language_;
  std::uint32_t file_;
};

/// Sorts problems as the reference does, and names all of them in its words.
std::string report_of(std::vector<decoder::problem>& problems);

} // namespace cts::config
