// What a checkpoint may cost the machine that reads it. Every limit is far above what real checkpoints need;
// they exist so that a hostile file ends in an Error and never in a crash, a hang or exhausted memory.
#ifndef HEED_CONVERTER_READERS_LIMITS_HPP
#define HEED_CONVERTER_READERS_LIMITS_HPP

#include <cstddef>
#include <cstdint>

namespace heed::convert::limits {

// Bytes of values that one pickle may build. One opcode byte can make a value of 100 bytes, so the size of
// the pickle alone is no bound.
constexpr std::uint64_t pickle_memory = std::uint64_t{512} << 20;

// Values on the pickle machine's stack, and open marks (16 and 8 bytes each).
constexpr std::size_t pickle_stack = std::size_t{1} << 22;

// Bytes of data.pkl in a zip archive; that entry alone is held in memory whole.
constexpr std::uint64_t pickle_entry = std::uint64_t{256} << 20;

// Levels below the root at which weights are looked for, and levels of modules inside modules. Deeper
// nesting is no error: it is not looked at.
constexpr int search_depth = 64;

// Fields looked at while searching: objects that share others can make a small file describe a tree of any
// size. A second's work.
constexpr std::size_t search_steps = std::size_t{1} << 25;

// Containers that a search for weights remembers, at some 150 bytes each.
constexpr std::size_t search_containers = std::size_t{1} << 21;

constexpr std::size_t weights = 100'000;
constexpr std::size_t weight_name = 1024; // bytes
constexpr std::size_t rank = 64;          // dimensions, as PyTorch and NumPy have it

// Bytes that the entries of an archive may unpack to. Trained weights hardly compress; masks and other
// constants do, and the constant term is for them.
constexpr std::uint64_t unpacked(std::uint64_t file_bytes) {
  return file_bytes * 4 + (std::uint64_t{64} << 20);
}

// Bytes that all weights together may have: weights that share a storage (layers tied to each other, some
// dozens of them) and views with stride 0 (a causal mask) are larger than what is in the file.
constexpr std::uint64_t viewed(std::uint64_t file_bytes) {
  return file_bytes * 32 + (std::uint64_t{64} << 20);
}

// Entries of a zip archive that names their number in 64 bits; the classic directory stops at 65,535.
constexpr std::uint64_t zip_entries = 1'000'000;

// The safetensors header, as the format's own specification limits it.
constexpr std::uint64_t safetensors_header = 100'000'000;

// A config.json or model.safetensors.index.json, and the levels inside it.
constexpr std::uint64_t json_file = std::uint64_t{4} << 20;
constexpr int json_depth = 32;

// Bytes of hyperparameters taken out of a pickle. Sharing in a pickle is expanded in JSON, so this stops a
// "billion laughs"; hyperparameters above it are treated as absent.
constexpr std::size_t hyperparameters = std::size_t{16} << 20;

} // namespace heed::convert::limits

#endif // HEED_CONVERTER_READERS_LIMITS_HPP
