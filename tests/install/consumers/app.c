/* A program in C that uses heed from outside: app [MODEL] */
#include <heed/heed.h>

#include <stdio.h>
#include <string.h>

static int fail(const heed_error* error) {
  printf("%s: %s\n", heed_status_name(error->code), error->message);
  return 1;
}

static int recommend(const char* path) {
  heed_model* model;
  heed_session* session;
  heed_error error;
  heed_recommendation best[3];
  int64_t history[1];
  size_t count, i;
  if (heed_model_open(path, &model, &error) != HEED_OK) return fail(&error);
  if (heed_model_item_id(model, 0, &history[0], &error) != HEED_OK) return fail(&error);
  if (heed_session_create(model, NULL, &session, &error) != HEED_OK) return fail(&error);
  heed_model_close(model);
  if (heed_recommend(session, history, 1, 3, NULL, best, 3, &count, &error) != HEED_OK) return fail(&error);
  for (i = 0; i < count; ++i) printf("%ld %g\n", (long)best[i].item, (double)best[i].score);
  heed_session_destroy(session);
  return count == 3 ? 0 : 1;
}

int main(int argc, char** argv) {
  heed_model* model = NULL;
  heed_error error;
  const heed_status status = heed_model_open("no such file.heed", &model, &error);
  printf("heed %s, ABI %u, %s\n", heed_version(), (unsigned)heed_abi_version(), heed_active_isa());
  if (heed_abi_version() != HEED_ABI_VERSION || status != error.code || model != NULL) return 1;
  if (strcmp(heed_status_name(status), "file_not_found") != 0) return 1;
  printf("%s: %s\n", heed_status_name(status), error.message);
  return argc > 1 ? recommend(argv[1]) : 0;
}
