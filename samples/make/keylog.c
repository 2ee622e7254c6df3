/* Preloaded into a program that uses OpenSSL: writes its TLS secrets to the file that SSLKEYLOGFILE names. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of OpenSSL, whose headers need not be there. */
extern void SSL_CTX_set_keylog_callback(void *context, void (*log)(const void *connection, const char *line));

static void keep(const void *connection, const char *line)
{
    const char *path = getenv("SSLKEYLOGFILE");
    char text[1024];
    int length, file;

    (void)connection;
    if (path == NULL || (file = open(path, O_WRONLY | O_APPEND | O_CREAT, 0600)) < 0)
        return;
    length = snprintf(text, sizeof text, "%s\n", line);
    if (length > 0 && (size_t)length < sizeof text && write(file, text, (size_t)length) != length)
        abort();
    close(file);
}

void *SSL_CTX_new(const void *method)
{
    void *(*make)(const void *) = (void *(*)(const void *))dlsym(RTLD_NEXT, "SSL_CTX_new");
    void *context = make(method);

    if (context != NULL)
        SSL_CTX_set_keylog_callback(context, keep);
    return context;
}
