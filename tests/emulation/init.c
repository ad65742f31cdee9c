/* The first process of the emulated machine: runs the kernel tests on the serial line, says how they ended,
 * and switches off. Arguments after "--" on the kernel's command line arrive here and are passed on. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char** argv) {
  (void)argc;
  mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
  const int serial = open("/dev/ttyS0", O_RDWR);
  for (int fd = 0; fd < 3 && serial >= 0; ++fd) dup2(serial, fd);

  const pid_t child = fork();
  if (child == 0) {
    argv[0] = "/kernels_test";
    execv(argv[0], argv);
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  printf("kernels_test ended with %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
  fflush(stdout);
  for (int i = 0; i < 200; ++i) printf("%64s\n", ""); /* Bochs writes its file in pages of 4 KiB */
  fflush(stdout);
  sleep(1);
  reboot(RB_POWER_OFF);
  for (;;) pause();
}
