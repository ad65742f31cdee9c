// The opcodes of pickle protocols 0 to 5, by their names in Python's Lib/pickletools.py.
#ifndef HEED_CONVERTER_READERS_PICKLE_OPCODES_HPP
#define HEED_CONVERTER_READERS_PICKLE_OPCODES_HPP

namespace heed::convert::opcode {

// clang-format off
// Constants.
constexpr char none = 'N', new_true = '\x88', new_false = '\x89';
constexpr char int_line = 'I', long_line = 'L', float_line = 'F';  // as a line of text
constexpr char bin_int = 'J', bin_int1 = 'K', bin_int2 = 'M';      // 4, 1 and 2 bytes
constexpr char long1 = '\x8a', long4 = '\x8b';                     // counted by 1 and 4 bytes
constexpr char bin_float = 'G';

// Text and bytes, counted by 1, 4 or 8 bytes.
constexpr char string_line = 'S', unicode_line = 'V';
constexpr char short_bin_string = 'U', bin_string = 'T';
constexpr char short_bin_unicode = '\x8c', bin_unicode = 'X', bin_unicode8 = '\x8d';
constexpr char short_bin_bytes = 'C', bin_bytes = 'B', bin_bytes8 = '\x8e', byte_array8 = '\x96';

// Containers.
constexpr char empty_list = ']', list = 'l', append = 'a', appends = 'e';
constexpr char empty_tuple = ')', tuple = 't', tuple1 = '\x85', tuple2 = '\x86', tuple3 = '\x87';
constexpr char empty_dict = '}', dict = 'd', set_item = 's', set_items = 'u';
constexpr char empty_set = '\x8f', add_items = '\x90', frozen_set = '\x91';

// Objects.
constexpr char global = 'c', stack_global = '\x93';
constexpr char extension1 = '\x82', extension2 = '\x83', extension4 = '\x84';
constexpr char reduce = 'R', new_object = '\x81', new_object_ex = '\x92', instance = 'i', object = 'o', build = 'b';
constexpr char persistent_line = 'P', bin_persistent = 'Q';
constexpr char next_buffer = '\x97', readonly_buffer = '\x98';

// The machine itself.
constexpr char protocol = '\x80', frame = '\x95', stop = '.';
constexpr char mark = '(', pop = '0', pop_mark = '1', duplicate = '2';
constexpr char put_line = 'p', bin_put = 'q', long_bin_put = 'r', memoize = '\x94';
constexpr char get_line = 'g', bin_get = 'h', long_bin_get = 'j';
// clang-format on

} // namespace heed::convert::opcode

#endif // HEED_CONVERTER_READERS_PICKLE_OPCODES_HPP
