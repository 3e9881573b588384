/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "layers/instance.h"

static void test_texts_come_back(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum instance_kind kind;
        int want; /* -1 = none of this kind */
    } cases[] = {
        {"0", INSTANCE_VCPU, 0},
        {"1023", INSTANCE_VCPU, 1023},
        {"1024", INSTANCE_VCPU, -1},
        {"", INSTANCE_VCPU, -1},
        {"01", INSTANCE_VCPU, -1},
        {"-1", INSTANCE_VCPU, -1},
        {"1x", INSTANCE_VCPU, -1},
        {"scsi0:0", INSTANCE_DISK, 0},
        {"scsi0:511", INSTANCE_DISK, 511},
        {"scsi0:512", INSTANCE_DISK, -1},
        {"scsi1:0", INSTANCE_DISK, 512},
        {"scsi15:1", INSTANCE_DISK, 15 * 512 + 1},
        {"scsi16:1", INSTANCE_DISK, -1},
        {"sata0:0", INSTANCE_DISK, 8192},
        {"nvme3:14", INSTANCE_DISK, 2 * 8192 + 3 * 512 + 14},
        {"ide1:1", INSTANCE_DISK, 3 * 8192 + 512 + 1},
        {"scsi0", INSTANCE_DISK, -1},
        {"scsi0:", INSTANCE_DISK, -1},
        {"scsi:1", INSTANCE_DISK, -1},
        {"scsi0:1 ", INSTANCE_DISK, -1},
        {"scsi00:1", INSTANCE_DISK, -1},
        {"usb0:1", INSTANCE_DISK, -1},
        {"", INSTANCE_DISK, -1},
        {"4000", INSTANCE_NIC, 4000},
        {"65535", INSTANCE_NIC, 65535},
        {"65536", INSTANCE_NIC, -1},
        {"99999999999999999999", INSTANCE_NIC, -1},
        {"vmnic0", INSTANCE_NIC, -1},
        {"0", INSTANCE_NONE, -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint16_t number = 77;
        bool read = instance_read(cases[i].kind, cases[i].text, &number);
        assert_int_equal(read, cases[i].want >= 0);
        assert_int_equal(number, read ? cases[i].want : 77);
        if (!read)
            continue;
        struct buf out;
        buf_init(&out, 100);
        instance_write(&out, cases[i].kind, number, NULL);
        assert_int_equal(out.len, strlen(cases[i].text));
        assert_memory_equal(out.data, cases[i].text, out.len);
        buf_free(&out);
    }
}

static void assert_named(const struct entity *entity, enum instance_kind kind, uint16_t number,
                         const char *want_name, const char *want_backing)
{
    const char *name, *backing;
    size_t n, m;
    bool found = instance_name(entity, kind, number, &name, &n, &backing, &m);
    assert_int_equal(found, want_name != NULL);
    if (!found || !want_name || !want_backing)
        return;
    assert_int_equal(n, strlen(want_name));
    assert_memory_equal(name, want_name, n);
    assert_int_equal(m, strlen(want_backing));
    assert_memory_equal(backing, want_backing, m);
}

static void test_names(void **state)
{
    (void)state;
    struct entity entity = {.vcenter_uuid = ""};
    entity.label[LABEL_DEVICES] = "4000\tNetwork adapter 1\tVM Network\n"
                                  "4000\tqueue.length\n"
                                  "400\tqueue.depth\n"
                                  "scsi0:0\tHard disk 1\tdatastore1\n"
                                  "scsi0:1\tHard disk 2\t\n";
    assert_named(&entity, INSTANCE_DISK, 0, "Hard disk 1", "datastore1");
    assert_named(&entity, INSTANCE_DISK, 1, "Hard disk 2", "");
    assert_named(&entity, INSTANCE_DISK, 2, NULL, NULL);
    assert_named(&entity, INSTANCE_NIC, 4000, "Network adapter 1", "VM Network");
    assert_named(&entity, INSTANCE_NIC, 400, NULL, NULL);
    assert_named(&entity, INSTANCE_APP, 4000, "queue.length", "");
    assert_named(&entity, INSTANCE_APP, 400, "queue.depth", "");
    assert_named(&entity, INSTANCE_APP, 40, NULL, NULL);
    entity.label[LABEL_DEVICES] = "";
    assert_named(&entity, INSTANCE_DISK, 0, NULL, NULL);
    entity.label[LABEL_DEVICES] = "scsi0:0";
    assert_named(&entity, INSTANCE_DISK, 0, NULL, NULL);
    entity.label[LABEL_DEVICES] = "scsi0:0\tno end";
    assert_named(&entity, INSTANCE_APP, 0, NULL, NULL);
}

static void test_apps(void **state)
{
    (void)state;
    struct entity entity = {.vcenter_uuid = ""};
    struct buf out;
    entity.label[LABEL_DEVICES] = "12\tjvm.heap_used\n";
    buf_init(&out, 100);
    instance_write(&out, INSTANCE_APP, 12, &entity);
    buf_char(&out, ' ');
    instance_write(&out, INSTANCE_APP, 13, &entity);
    buf_char(&out, '\0');
    assert_string_equal(out.data, "jvm.heap_used app-13");
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts_come_back),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_apps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
