/* The C ABI of heed: everything the C++ API does, for C and for languages that call C.
 *
 *   heed_model* model;
 *   heed_session* session;
 *   heed_error error;
 *   if (heed_model_open("shop.heed", &model, &error) != HEED_OK) { puts(error.message); ... }
 *   if (heed_session_create(model, NULL, &session, &error) != HEED_OK) ...
 *   heed_recommendation best[10];
 *   size_t count;
 *   if (heed_recommend(session, history, history_count, 10, NULL, best, 10, &count, &error) != HEED_OK) ...
 *   heed_session_destroy(session);
 *   heed_model_close(model);
 *
 * Rules
 * - Functions that can fail return a heed_status (0 is success) and fill `error`, which may be NULL. Codes
 * are those of heed::StatusCode and never change; heed_status_name() names them. No exception crosses this
 * ABI.
 * - Output parameters are written on success only, unless a function says otherwise.
 * - Structs whose first member is `struct_size` grow at their end in later versions. Set it with the struct's
 *   _init function; members that a caller's older struct does not have keep their defaults.
 * - Handles: a model may be used by several threads at once; a session by one at a time. A session keeps its
 *   model's file mapped, so a model may be closed first. NULL handles are refused with invalid_argument;
 *   closing or destroying NULL does nothing.
 * - Ids are the caller's own item ids. Histories run from the oldest event to the newest.
 * - Text returned as const char* is UTF-8, belongs to its model and lives as long as it.
 */
#ifndef HEED_HEED_H
#define HEED_HEED_H

#include <heed/export.h>

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Grows when functions or struct members are added. 2: features of a request, several interests, named
 * outputs. 3: running histories, threads, heed_profile, heed_memory,
 * heed_session_scanned_bytes. */
#define HEED_ABI_VERSION 3
/* HEED_ABI_VERSION of the library that runs. */
HEED_API uint32_t heed_abi_version(void);
/* The library's version, such as "0.1.0". */
HEED_API const char* heed_version(void);
/* The instruction set whose kernels run, such as "avx2"; "" when HEED_ISA names one that cannot run here. */
HEED_API const char* heed_active_isa(void);

typedef int32_t heed_status;
#define HEED_OK 0
/* The name of a code, such as "unknown_item"; "unknown" for a number that is none. */
HEED_API const char* heed_status_name(heed_status code);

/* Filled by the call that failed; untouched by one that succeeds. Long messages are cut at the end. */
typedef struct heed_error {
  heed_status code;
  char message[508]; /* UTF-8, zero-terminated */
} heed_error;

/* ---- Models ---- */

typedef struct heed_model heed_model;

/* Maps the file at `path`. See heed::Model::open for what is checked and for the errors. */
HEED_API heed_status heed_model_open(const char* path, heed_model** model, heed_error* error);
/* The same over `bytes` bytes at `data` (64-byte aligned), which must stay unchanged until the last model and
 * session that use them are gone. */
HEED_API heed_status heed_model_open_memory(const void* data, size_t bytes, heed_model** model,
                                            heed_error* error);
HEED_API void heed_model_close(heed_model* model);
/* Reads the whole file: checksums, finite numbers. Takes time in proportion to its size. */
HEED_API heed_status heed_model_verify(const heed_model* model, heed_error* error);

typedef struct heed_model_info {
  size_t struct_size;
  uint32_t schema_version;
  uint32_t max_history; /* events that count: the most recent ones */
  uint32_t dim;         /* elements of a user vector */
  uint64_t items;
  uint64_t file_bytes;
  const char *family, *variant, *precision;
  const char *padding, *unknown_item;
  const char *source_format, *source_sha256, *converter, *options;
  uint64_t source_bytes;
  /* Measured at conversion; see heed::Fidelity. */
  uint32_t fidelity_histories;
  double fidelity_max_score_error, fidelity_mean_score_error, fidelity_top10_overlap;
  size_t tensors, nodes, inputs; /* how many there are */
  uint32_t interests;            /* user vectors of one user: 1 but for models of several interests */
  int32_t has_prior;             /* 1: a history without events is scored by popularity */
  size_t outputs;                /* how many there are */
} heed_model_info;
HEED_API void heed_model_info_init(heed_model_info* info);
HEED_API heed_status heed_model_get_info(const heed_model* model, heed_model_info* info, heed_error* error);

typedef struct heed_tensor_info {
  size_t struct_size;
  const char *name, *dtype, *layout;
  uint64_t rows, cols, bytes;
  double bits_per_weight;
} heed_tensor_info;
HEED_API void heed_tensor_info_init(heed_tensor_info* info);
/* Tensor `index`, below heed_model_info.tensors. Errors: invalid_argument. */
HEED_API heed_status heed_model_get_tensor(const heed_model* model, size_t index, heed_tensor_info* info,
                                           heed_error* error);

typedef struct heed_node_info {
  size_t struct_size;
  const char *name, *op, *attributes, *output;
  uint32_t version;
  size_t inputs; /* how many; see heed_model_get_node_input */
} heed_node_info;
HEED_API void heed_node_info_init(heed_node_info* info);
/* Operator `index`, below heed_model_info.nodes. Errors: invalid_argument. */
HEED_API heed_status heed_model_get_node(const heed_model* model, size_t index, heed_node_info* info,
                                         heed_error* error);
/* The name of input `input` of operator `index`; "" when it is optional and absent. Errors: invalid_argument.
 */
HEED_API heed_status heed_model_get_node_input(const heed_model* model, size_t index, size_t input,
                                               const char** name, heed_error* error);

typedef struct heed_input_info {
  size_t struct_size;
  const char *name, *kind; /* see heed::InputInfo */
  uint64_t vocabulary;     /* number of legal ids; 0 for times */
  int64_t first_id;        /* of a feature's ids: first_id to first_id + vocabulary - 1 are legal */
  int64_t default_value;   /* of a feature that is not passed */
  int32_t request_time;    /* 1: after the events' times the request's own may follow */
} heed_input_info;
HEED_API void heed_input_info_init(heed_input_info* info);
/* Input `index`, below heed_model_info.inputs. Errors: invalid_argument. */
HEED_API heed_status heed_model_get_input(const heed_model* model, size_t index, heed_input_info* info,
                                          heed_error* error);

typedef struct heed_output_info {
  size_t struct_size;
  const char* name;
  uint32_t rows; /* 0: one for each event */
  uint32_t cols;
} heed_output_info;
HEED_API void heed_output_info_init(heed_output_info* info);
/* Output `index`, below heed_model_info.outputs. Errors: invalid_argument. */
HEED_API heed_status heed_model_get_output(const heed_model* model, size_t index, heed_output_info* info,
                                           heed_error* error);

/* The id of the item at `index`, below heed_model_info.items. Errors: invalid_argument. */
HEED_API heed_status heed_model_item_id(const heed_model* model, uint64_t index, int64_t* id,
                                        heed_error* error);
/* 1 when the catalogue holds this id, otherwise 0 (also for a NULL model). */
HEED_API int heed_model_has_item(const heed_model* model, int64_t id);

/* ---- Sessions ---- */

typedef struct heed_session heed_session;

/* What a session's memory depends on; see heed::SessionOptions. */
typedef struct heed_session_options {
  size_t struct_size;
  uint32_t max_history;     /* 0: the model's own maximum */
  uint32_t max_batch;       /* 1 */
  uint32_t max_k;           /* 100 */
  uint32_t max_candidates;  /* 1000 */
  uint32_t max_excluded;    /* 1000 */
  uint32_t running_history; /* 0: events that heed_begin and heed_append remember */
  uint32_t drop_at_once;    /* 1: events that leave a full window together */
  uint32_t threads;         /* 1: threads that share the work of a call */
  /* The caller's own threads in place of the session's, or NULL; see heed::SessionOptions. */
  void (*parallel_for)(void* context, size_t tasks, void (*task)(void* argument, size_t index),
                       void* argument);
  void* parallel_context;
} heed_session_options;
HEED_API void heed_session_options_init(heed_session_options* options);

/* `options` may be NULL (defaults) in the three functions below. */

/* Bytes that heed_session_create_in needs, exactly. */
HEED_API heed_status heed_session_arena_bytes(const heed_model* model, const heed_session_options* options,
                                              size_t* bytes, heed_error* error);
HEED_API heed_status heed_session_create(const heed_model* model, const heed_session_options* options,
                                         heed_session** session, heed_error* error);
/* A session in the caller's memory (64-byte aligned), which must outlive it. */
HEED_API heed_status heed_session_create_in(const heed_model* model, const heed_session_options* options,
                                            void* arena, size_t arena_bytes, heed_session** session,
                                            heed_error* error);
HEED_API void heed_session_destroy(heed_session* session);

/* What to do with an id that the catalogue does not hold; see heed::UnknownItem. */
#define HEED_UNKNOWN_ERROR 0
#define HEED_UNKNOWN_SKIP 1
#define HEED_UNKNOWN_SUBSTITUTE 2

/* The values of one feature, by the name that heed_input_info has: one for each event of the history, in its
 * order, or for a context_id a single one. See heed::FeatureValues. This struct never grows. */
typedef struct heed_feature {
  const char* name;
  const int64_t* values;
  size_t count;
} heed_feature;

/* What is known of a user; a feature that is not passed has the model's default. See heed::Request. */
typedef struct heed_request {
  size_t struct_size;
  const int64_t* history; /* any length */
  size_t history_count;
  const heed_feature* features; /* each name at most once, in any order */
  size_t feature_count;
  int32_t running; /* 1: the session's running history; history and features must be empty */
} heed_request;
HEED_API void heed_request_init(heed_request* request);

typedef struct heed_recommend_options {
  size_t struct_size;
  int32_t exclude_seen; /* 1: never return an item of the history */
  int32_t unknown;      /* HEED_UNKNOWN_ERROR */
  const int64_t* allow; /* when not empty: only these ids may be returned */
  size_t allow_count;
  const int64_t* deny; /* these ids are never returned */
  size_t deny_count;
} heed_recommend_options;
HEED_API void heed_recommend_options_init(heed_recommend_options* options);

typedef struct heed_recommendation {
  int64_t item;
  float score;
} heed_recommendation;

/* Every call below has two forms: one for a history alone, one (_request) for a history and features.
 * Errors of all: invalid_argument, limit_exceeded, unknown_item; of features: unknown_feature,
 * feature_length, times_backwards, unknown_id. */

/* The k best items, best first. `out` has room for `out_capacity` >= k; `count` receives how many were
 * written. `options` may be NULL. See heed::Session::recommend. */
HEED_API heed_status heed_recommend(heed_session* session, const int64_t* history, size_t history_count,
                                    size_t k, const heed_recommend_options* options, heed_recommendation* out,
                                    size_t out_capacity, size_t* count, heed_error* error);
HEED_API heed_status heed_recommend_request(heed_session* session, const heed_request* request, size_t k,
                                            const heed_recommend_options* options, heed_recommendation* out,
                                            size_t out_capacity, size_t* count, heed_error* error);

/* The same for `users` users (at most heed_session_options.max_batch): row u of `out` starts at u * k, and
 * counts[u] receives its length. `out_capacity` >= users * k. */
HEED_API heed_status heed_recommend_batch(heed_session* session, const int64_t* const* histories,
                                          const size_t* history_counts, size_t users, size_t k,
                                          const heed_recommend_options* options, heed_recommendation* out,
                                          size_t out_capacity, size_t* counts, heed_error* error);
/* `requests` holds `users` pointers, so that a request may have any struct_size. */
HEED_API heed_status heed_recommend_request_batch(heed_session* session, const heed_request* const* requests,
                                                  size_t users, size_t k,
                                                  const heed_recommend_options* options,
                                                  heed_recommendation* out, size_t out_capacity,
                                                  size_t* counts, heed_error* error);

/* One score for each candidate, in order, into scores[candidate_count]; repeats are legal. */
HEED_API heed_status heed_score(heed_session* session, const int64_t* history, size_t history_count,
                                const int64_t* candidates, size_t candidate_count, int32_t unknown,
                                float* scores, heed_error* error);
HEED_API heed_status heed_score_request(heed_session* session, const heed_request* request,
                                        const int64_t* candidates, size_t candidate_count, int32_t unknown,
                                        float* scores, heed_error* error);

/* The user vector, or one after another those of all interests, into vector[vector_count]; vector_count must
 * be dim * interests of heed_model_info. */
HEED_API heed_status heed_encode(heed_session* session, const int64_t* history, size_t history_count,
                                 int32_t unknown, float* vector, size_t vector_count, heed_error* error);
HEED_API heed_status heed_encode_request(heed_session* session, const heed_request* request, int32_t unknown,
                                         float* vector, size_t vector_count, heed_error* error);

/* An intermediate result that the conversion kept, by the name that heed_output_info has, row after row, into
 * `values`, which has room for `capacity` elements and may have more than needed. `rows` receives how many
 * rows were written: those of heed_output_info, or as many as events count. See heed::Session::output.
 * Further errors: unknown_feature (no such output), invalid_argument (not enough room). */
HEED_API heed_status heed_output(heed_session* session, const char* name, const heed_request* request,
                                 int32_t unknown, float* values, size_t capacity, size_t* rows,
                                 heed_error* error);

/* A history that grows: heed_begin replaces the session's running history, heed_append adds the newest event,
 * and a heed_request with `running` 1 asks for what it gives. `features` of an event have one value each. See
 * heed::Session::begin. Errors: as of a request, and invalid_argument (no running history). */
HEED_API heed_status heed_begin(heed_session* session, const heed_request* request, int32_t unknown,
                                heed_error* error);
HEED_API heed_status heed_append(heed_session* session, int64_t item, const heed_feature* features,
                                 size_t feature_count, int32_t unknown, heed_error* error);
/* 1 when an appended event costs less than its whole history (see heed::Session::keeps_events), otherwise 0.
 */
HEED_API int heed_session_keeps_events(const heed_session* session);

/* How long one step of a request took; see heed::OperatorTime. Text belongs to the session. This struct never
 * grows. */
typedef struct heed_operator_time {
  const char *name, *op;
  uint64_t nanoseconds;
} heed_operator_time;

/* Runs a request once with a clock between its steps, k > 0: and scans the catalogue for the k best. `out`
 * has room for `capacity` steps, twice heed_model_info.nodes and one more being enough; `count` receives how
 * many there were. See heed::Session::profile. */
HEED_API heed_status heed_profile(heed_session* session, const heed_request* request, size_t k,
                                  int32_t unknown, heed_operator_time* out, size_t capacity, size_t* count,
                                  heed_error* error);

/* A buffer of a session's memory; see heed::MemoryBlock. Text belongs to the session. This struct never
 * grows. */
typedef struct heed_memory_block {
  const char *name, *kind;
  uint64_t offset, bytes;
  uint32_t first_step, last_step;
} heed_memory_block;

/* What lies where in the session's arena. `count` receives how many blocks there are; they are written when
 * `capacity` is above 0, which then must be enough for all. See heed::Session::memory. */
HEED_API heed_status heed_memory(const heed_session* session, heed_memory_block* out, size_t capacity,
                                 size_t* count, heed_error* error);
/* Bytes of the catalogue that the last whole scan for one user read; 0 before any. See
 * heed::Session::scanned_bytes. */
HEED_API uint64_t heed_session_scanned_bytes(const heed_session* session);

#ifdef __cplusplus
}
#endif

#endif /* HEED_HEED_H */
